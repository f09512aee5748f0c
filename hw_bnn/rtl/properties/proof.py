# SPDX-License-Identifier: BSD-3-Clause
"""One proof: its harness, and the memory files that harnesses name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DATA = {
    "words.mem": "3 f 0 9 6",
    "weights.mem": "1 2 3 0",
    "square.mem": "1 2",
    "lanes.mem": "1 0 0 1",
    "start.mem": "6 4",
    "levels.mem": "19 3e 20 3f",
    "pad.mem": "2 1",
    "pixels.mem": "2a19 452",
    "rising.mem": "752",
    "bits.mem": "2 c 1",
}
"""Memory files that the harnesses name, and their words."""


@dataclass(frozen=True)
class Proof:
    """One run of the model checker on the harness `<module>_properties`."""

    module: str
    claim: str
    parameters: tuple[str, ...]  # of one harness each; all are checked together
    mode: Literal["prove", "bmc"] = "prove"
    depth: int = 3  # cycles of the base case, and of the induction
    cover: int = 12  # cycles within which every cover of an induction's harness is reached
    primitives: bool = False  # with Xilinx's primitives in place of their descriptions

    @property
    def reach(self) -> int:
        """Cycles within which every cover is reached: what is bounded must be in the bound."""
        return self.depth if self.mode == "bmc" else self.cover
