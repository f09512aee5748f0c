# SPDX-License-Identifier: BSD-3-Clause
"""What is proved of each module of the library, and with which harness (package data)."""

from __future__ import annotations

from pathlib import Path

from hw_bnn.rtl.properties.arithmetic import ARITHMETIC
from hw_bnn.rtl.properties.images import IMAGES
from hw_bnn.rtl.properties.proof import DATA, Proof
from hw_bnn.rtl.properties.streams import STREAMS

__all__ = ["DATA", "PROOFS", "UNPROVED", "Proof", "sources", "top"]

FOLDER = Path(__file__).parent

PROOFS = (*STREAMS, *ARITHMETIC, *IMAGES)

UNPROVED: dict[str, str] = {}
"""Modules without a proof, with the reason."""


def sources() -> list[Path]:
    """Return all harnesses and what they share, in alphabetical order."""
    return sorted(FOLDER.glob("*.sv"))


def top(proof: Proof) -> str:
    """Return the text of the module `proof`: one harness for each set of parameters."""
    lines = ["module proof (input logic clk_i);"]
    for index, values in enumerate(proof.parameters):
        pairs = (pair.split("=") for pair in values.split(","))
        settings = ", ".join(f".{name}({value})" for name, value in pairs)
        lines.append(f"  {proof.module}_properties #({settings}) p{index} (.clk_i);")
    return "\n".join([*lines, "endmodule", ""])
