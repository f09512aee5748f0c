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
    cover: int = 12  # cycles within which every cover of an induction's harness is reached
    primitives: bool = False  # with Xilinx's primitives in place of their descriptions

    @property
    def reach(self) -> int:
        """Cycles within which every cover is reached: what is bounded must be in the bound."""
        return self.depth if self.mode == "bmc" else self.cover


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
        (
            "Width=2,Depth=2",
            "Width=1,Depth=3",
            "Width=1,Depth=4",
            "Width=2,Depth=3,TableDepth=2",
            "Width=1,Depth=4,TableDepth=2",
            "Width=1,Depth=5",
            "Width=1,Depth=6,TableDepth=4",
        ),
    ),
    Proof(
        "stream_fifo_gauge",
        "a stream_fifo whose gauge is the largest fill level since reset",
        ("Width=1,Depth=2", "Width=1,Depth=3"),
    ),
    Proof(
        "stream_fork",
        "a queue of one word for each consumer: nothing lost, doubled, reordered or changed; takes "
        "a word as soon as all have taken the last; outputs hold",
        ("Copies=1", "Copies=2", "Copies=3,Width=1"),
    ),
    Proof(
        "stream_add",
        "queue of one word of sums: words taken in pairs as soon as the last sums leave, nothing "
        "lost, doubled, reordered or cut off; output holds",
        (
            "ABits=2,BBits=2,SumBits=3",
            "ABits=1,BBits=3,SumBits=4",
            "Lanes=1,ABits=3,BBits=1,SumBits=4",
        ),
    ),
    Proof(
        "input_quantiser",
        "queue of at most four words: the numbers of thresholds reached, nothing lost, doubled or "
        "reordered; ready unless the output holds two words; output holds",
        (
            "Bits=2,Lanes=2,Words=2,Thresholds=2",
            'Bits=3,Lanes=1,Words=1,Thresholds=3,ThresholdFile="rising.mem"',
            'Lanes=1,Words=3,Thresholds=1,CodeBits=1,ThresholdFile="bits.mem"',
        ),
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
    Proof(
        "replay_buffer",
        "every word of every vector, in order, Repeats times over; without a gap while words come; "
        "output holds while disabled",
        (
            "Words=3,Repeats=2",
            "Words=2,Repeats=3",
            "Words=1,Repeats=3",
            "Words=2,Repeats=1",
        ),
    ),
    Proof(
        "constant_memory",
        "the addressed word of the file, one enabled cycle later, or two; holds while disabled",
        ("Depth=5,Width=4", "Depth=1,Width=4", "Depth=5,Width=4,Second=1"),
    ),
    Proof("full_adder", "count is the number of ones among three bits", ("Xilinx=0",), depth=1),
    Proof("six_counter", "count is the number of ones among six bits", ("Xilinx=0",), depth=1),
    Proof("xnor_adder", "2 carry + sum is two XNORs and a bit", ("Xilinx=0",), depth=1),
    Proof("dual_lut", "the two halves of Init, addressed by the same bits", ("Xilinx=0",), depth=1),
    Proof(
        "carry_chain",
        "{carry, sum} is generate + (propagate ^ generate) + carry",
        ("Width=1", "Width=4", "Width=6"),
        depth=1,
    ),
    Proof(
        "ternary_adder",
        "sum is (base | start) + x + y modulo 2**Width",
        ("Width=5,TermWidth=3", "Width=4,TermWidth=4", "Width=2,TermWidth=3"),
        depth=1,
    ),
    *(
        Proof(
            module, f"{claim}: the same with Xilinx's primitives", parameters, "prove", 1, 1, True
        )
        for module, claim, parameters in (
            ("dual_lut", "LUT6_2", ("Xilinx=1",)),
            ("carry_chain", "CARRY4", ("Width=4,Xilinx=1", "Width=6,Xilinx=1")),
            ("six_counter", "LUT6_2 and CARRY4", ("Xilinx=1",)),
        )
    ),
    Proof(
        "compressor",
        "x + y is the weighted sum of the bits that went in with the tag; en_i high",
        ("StagesPerRegister=1", "StagesPerRegister=2"),
        depth=5,
    ),
    Proof(
        "compressor",
        "the same with any en_i, and everything holds while it is low",
        ("StagesPerRegister=1,Stalls=1",),
        "bmc",
        6,
    ),
    Proof(
        "popcount",
        "x + y is the sum over lanes of (weight ? u : 2**Bits-1-u); en_i high",
        ("Simd=1", "Simd=7", "Simd=3,Bits=2"),
        depth=6,
    ),
    Proof(
        "popcount",
        "the same with any en_i, and everything holds while it is low",
        ("Simd=4,Stalls=1", "Simd=2,Bits=2,Stalls=1"),
        "bmc",
        6,
    ),
    Proof(
        "xnor_pe",
        "the result of a sum is the upper part of its start value and all its counts; en_i high",
        ("Simd=3,SumWidth=5", "Simd=2,InputBits=2,SumWidth=5,ResultWidth=5"),
        depth=6,
    ),
    Proof(
        "xnor_pe",
        "the same with any en_i, and everything holds while it is low",
        ("Simd=3,SumWidth=5,Stalls=1",),
        "bmc",
        7,
    ),
    Proof(
        "level_counter",
        "number of thresholds that the sum reaches in all steps",
        ("Parallel=1,LevelWidth=2", "Parallel=2,LevelWidth=3"),
        depth=2,
    ),
    Proof(
        "level_unit",
        "levels are the numbers of thresholds reached, valid Steps enabled cycles after the sums",
        ("Thresholds=3,Cycles=2", "Thresholds=2,Cycles=1,Vectors=3"),
        "bmc",
        10,
    ),
    Proof(
        "xnor_mvau",
        "every word of every vector as defined, none lost, doubled or reordered; output holds; "
        "one threshold",
        ("MatrixW=4,MatrixH=2,Pe=1,Simd=2,Thresholds=1",),
        "bmc",
        14,
    ),
    Proof(
        "xnor_mvau",
        "the same without thresholds, in folds of one",
        (
            'MatrixW=2,MatrixH=2,Pe=1,Simd=2,Thresholds=0,WeightFile="square.mem"',
            'MatrixW=2,MatrixH=2,Pe=2,Simd=1,Thresholds=0,WeightFile="square.mem"',
        ),
        "bmc",
        12,
    ),
    Proof(
        "xnor_mvau",
        "the same with a second register behind the weights",
        ("MatrixW=4,MatrixH=2,Pe=1,Simd=2,Thresholds=1,OneRegister=2",),
        "bmc",
        14,
    ),
    Proof(
        "xnor_mvau",
        "the same with inputs of two bits and three thresholds",
        (
            "MatrixW=2,MatrixH=2,Pe=1,Simd=1,InputBits=2,Thresholds=3,"
            'WeightFile="lanes.mem",ThresholdFile="levels.mem"',
        ),
        "bmc",
        13,
    ),
    *(
        Proof("ripple_adder", claim, values, "prove", 1, 1, primitives)
        for claim, values, primitives in (
            (
                "sum is a + b + carry modulo 2**SumWidth",
                ("Width=4,SumWidth=5", "Width=5,SumWidth=5"),
                False,
            ),
            ("the same with Xilinx's primitives", ("Width=4,SumWidth=5",), True),
        )
    ),
    Proof("ripple_sign", "whether the sum is negative in two's complement", ("Width=4",), depth=1),
    Proof(
        "block_counter",
        "block and phase are the quotient and the rest of the number of steps modulo Extent; where "
        "a kernel ends",
        (
            "Extent=5,Step=2",
            "Extent=4,Step=2",
            "Extent=3,Step=1,Kernel=1",
            "Extent=8,Step=3,Kernel=2",
            "Extent=6,Step=3,Kernel=1",
        ),
        depth=2,
    ),
    Proof(
        "frame_counter",
        "inside and pad word as the number of steps says; start at 0",
        ("Folds=2", "Folds=1,PadLeft=0,PadRight=0"),
        depth=2,
        cover=24,
    ),
    Proof(
        "block_max",
        "largest value of every window, none lost, doubled or reordered; stands only for a "
        "waiting result; output holds",
        (
            "ImageW=5",
            "ImageH=3,Bits=2,Lanes=2,Folds=2",
            "ImageH=3,ImageW=2,KernelH=1,KernelW=1,StrideW=1",
        ),
        cover=16,
    ),
    Proof(
        "label_select",
        "first of the largest scores of every image, none lost, doubled or reordered; output holds",
        ("Bits=2,Classes=3", "Bits=1,Classes=4", "Bits=3,Classes=2", "Bits=2,Classes=1"),
    ),
    Proof(
        "stream_max_pool",
        "largest value of every overlapping window, none lost, doubled or reordered; never locks "
        "up, owes nothing; output holds",
        ("ImageH=1,ImageW=3,KernelH=1,KernelW=2,StrideH=1,StrideW=1,Capacity=3",),
        "bmc",
        12,
    ),
    Proof(
        "stream_max_pool",
        "the same with windows that do not overlap",
        ("ImageH=2,ImageW=2,Lanes=2",),
        "bmc",
        10,
    ),
    Proof(
        "stream_window",
        "every word of every window as defined, in order; never locks up, owes nothing; output "
        "holds; the ring no longer than needed (MinBits=1, as built 5)",
        (
            "ImageH=2,ImageW=2,KernelH=2,KernelW=1",
            "Folds=3,ImageH=1,ImageW=2,KernelH=1,KernelW=1",
        ),
        "bmc",
        12,
    ),
    Proof(
        "stream_window",
        "the same with a frame around the image, and two parts of a position or a stride",
        (
            "Folds=2,ImageH=1,ImageW=1,KernelH=1,KernelW=2,PadTop=1,PadLeft=1",
            "ImageH=2,ImageW=1,KernelH=1,KernelW=1,StrideH=2,PadBottom=1,PadRight=1",
        ),
        "bmc",
        14,
    ),
    Proof(
        "stream_window",
        "the same with a ring of two words, long enough for it to be full and go round, also in "
        "strides along a row",
        (
            "ImageH=1,ImageW=2,KernelH=1,KernelW=1",
            "ImageH=1,ImageW=3,KernelH=1,KernelW=1,StrideW=2",
        ),
        "bmc",
        12,
    ),
    Proof(
        "stream_window_whole",
        "every position of every window as defined, in order; never locks up, owes nothing; "
        "output holds",
        ("ImageH=3,ImageW=2", "KernelH=1,KernelW=2,ImageH=1,Folds=2"),
        "bmc",
        14,
    ),
    Proof(
        "stream_window_whole",
        "the same with a frame around the image and strides, and with a column for an image",
        (
            "ImageH=2,ImageW=2,PadTop=1,PadLeft=1,PadRight=1,StrideH=2,StrideW=2",
            "ImageH=3,ImageW=1,KernelW=1,PadBottom=1",
        ),
        "bmc",
        20,
    ),
    Proof(
        "stream_window_rows",
        "every position of every row of every window as defined, in order; never locks up, owes "
        "nothing; output holds",
        ("ImageH=2,ImageW=2",),
        "bmc",
        14,
    ),
    Proof(
        "stream_window_rows",
        "the same with a frame around the image and strides",
        ("ImageH=1,ImageW=1,PadTop=1,PadLeft=1,PadRight=1,StrideW=2",),
        "bmc",
        18,
    ),
    Proof(
        "constant_stream",
        "as generated for a layer of 3 inputs: queue of the results as defined, none lost, doubled "
        "or reordered; never locks up, owes nothing; output holds",
        ("Stages=0", "Stages=2"),
        "bmc",
        10,
    ),
)

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
