# SPDX-License-Identifier: BSD-3-Clause
"""What is proved of each module of the library, and with which harness (package data)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Proof:
    """One run of the model checker on the harness `<module>_properties`."""

    module: str
    claim: str
    parameters: tuple[str, ...]  # of one harness each; all are checked together
    mode: Literal["prove", "bmc"] = "prove"
    depth: int = 3  # cycles of the base case, and of the induction
    cover: int = 12  # cycles within which every cover of the harness is reached


PROOFS = (
    Proof(
        "fold_counter",
        "value is the number of steps modulo Count; last marks Count-1",
        ("Count=1", "Count=2", "Count=3", "Count=5", "Count=8"),
    ),
    Proof(
        "output_register",
        "queue of one word or two: nothing lost, doubled, reordered or changed; ready and valid "
        "as the fill level says; output holds",
        ("EveryCycle=0", "EveryCycle=1"),
    ),
    Proof(
        "stream_fifo",
        "queue of exactly Depth words: nothing lost, doubled, reordered or changed; ready unless "
        "full, valid unless empty; output holds",
        ("Width=2,Depth=2", "Width=1,Depth=3", "Width=1,Depth=4"),
    ),
    Proof(
        "stream_fifo_gauge",
        "a stream_fifo whose gauge is the largest fill level since reset",
        ("Width=1,Depth=2", "Width=1,Depth=3"),
    ),
    Proof(
        "stream_widen",
        "queue of parts: nothing lost, doubled, reordered or changed; valid as soon as a word is "
        "complete, ready unless a second one is; output holds",
        ("InWidth=1,Parts=2", "InWidth=2,Parts=3", "InWidth=1,Parts=4"),
    ),
    Proof(
        "stream_narrow",
        "queue of parts: nothing lost, doubled, reordered or changed; valid unless empty, ready "
        "in the cycle of the last part; output holds",
        ("OutWidth=1,Parts=2", "OutWidth=2,Parts=3", "OutWidth=1,Parts=4"),
    ),
    Proof(
        "stream_dwc",
        "queue of bits: nothing lost, doubled, reordered or changed; output holds; the narrower "
        "side moves in every cycle; equal widths are wires",
        (
            "InWidth=2,OutWidth=3,Wide=6",
            "InWidth=3,OutWidth=2,Wide=6",
            "InWidth=2,OutWidth=4,Wide=4",
            "InWidth=4,OutWidth=2,Wide=4",
            "InWidth=3,OutWidth=3,Wide=3",
        ),
        depth=5,
    ),
)

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
