# SPDX-License-Identifier: BSD-3-Clause
"""Logic cells per lane of the matrix unit, beside the same unit with a popcount as a `for` loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hw_bnn.bench.counting import counted
from hw_bnn.codegen.memory import hex_lines
from hw_bnn.rtl import sources

if TYPE_CHECKING:
    from hw_bnn.progress import Progress

FOR_LOOP = """\
module xnor_pe #(
  parameter int unsigned Simd = 8, InputBits = 1, SumWidth = 8, ResultWidth = 1, TagWidth = 1,
  parameter int unsigned StagesPerRegister = 1,
  parameter bit Xilinx = 1'b0
) (
  input  logic clk_i, rst_ni, en_i, add_i, last_i,
  input  logic [Simd-1:0] weights_i,
  input  logic [Simd*InputBits-1:0] activations_i,
  input  logic [TagWidth-1:0] tag_i,
  output logic [TagWidth-1:0] tag_o,
  input  logic [SumWidth-1:0] start_i,
  output logic [ResultWidth-1:0] result_o
);
  localparam int unsigned CountWidth = $clog2((2 ** InputBits - 1) * Simd + 1);
  logic [CountWidth-1:0] count_d, count_q;
  logic [SumWidth-1:0] sum_d, sum_q;
  logic done;
  always_comb begin
    count_d = '0;
    for (int i = 0; i < Simd; i++)
      count_d = count_d + (activations_i[i*InputBits +: InputBits] ^ {InputBits{!weights_i[i]}});
  end
  assign tag_o = tag_i;
  assign done = en_i && add_i && last_i;
  assign sum_d = (sum_q | start_i) + count_q;
  always_ff @(posedge clk_i) begin
    if (en_i) count_q <= count_d;
    if (!rst_ni || done) sum_q <= '0;
    else if (en_i && add_i) sum_q <= sum_d;
    if (done) result_o <= sum_d[SumWidth-1 -: ResultWidth];
  end
endmodule
"""

_TOP = """\
module top (
  input logic clk_i, input logic rst_ni,
  input logic [{input}:0] data_i, input logic valid_i, output logic ready_o,
  output logic [{output}:0] data_o, output logic valid_o, input logic ready_i
);
  xnor_mvau #(
    .MatrixW({width}), .MatrixH({height}), .Pe({pe}), .Simd({simd}), .InputBits({bits}),
    .WeightFile("weights.mem"), .ThresholdFile("thresholds.mem")
  ) u_unit (.*);
endmodule
"""


@dataclass(frozen=True)
class Shape:
    """Parameters of a matrix unit with one threshold per channel."""

    pe: int
    simd: int
    bits: int = 1
    width: int = 1152
    height: int = 128


SHAPES = (
    *(Shape(32, simd) for simd in (8, 16, 32, 64, 128)),
    *(Shape(pe, 32) for pe in (1, 8)),
    *(Shape(8, 32, bits) for bits in (2, 4, 8)),
)


def lanes(progress: Progress, shapes: Sequence[Shape] = SHAPES) -> list[dict[str, Any]]:
    """Synthesise the unit with random weights and thresholds in memories, for the 7 series.

    Returns:
        Two rows for each shape, of the designs "hw_bnn" and "for loop", with the fields of Shape,
        the figures of `counted` (the memories are in lutram and bram36, or in lc where they are
        logic), `lanes` = PE*SIMD and `lc_per_lane`.
    """
    rows = []
    with progress.step("synthesis of matrix units", 2 * len(shapes)) as advance:
        for shape in shapes:
            for design in ("hw_bnn", "for loop"):
                figures = _synthesised(shape, for_loop=design == "for loop")
                advance()
                count = shape.pe * shape.simd
                rows.append(
                    {"design": design}
                    | asdict(shape)
                    | figures
                    | {"lanes": count, "lc_per_lane": round(figures["lc"] / count, 3)}
                )
                if design == "for loop":
                    rows[-2]["baseline"] = design
    return rows


def _synthesised(shape: Shape, *, for_loop: bool) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    largest = (2**shape.bits - 1) * shape.width
    folds = shape.height // shape.pe
    start_bits = largest.bit_length() + 1
    starts = 2 ** (start_bits - 1) - rng.integers(0, largest + 2, (folds, shape.pe, 1))
    words = {
        "weights.mem": rng.random((folds * (shape.width // shape.simd), shape.pe * shape.simd))
        < 0.5,
        "thresholds.mem": (starts >> np.arange(start_bits) & 1).reshape(folds, -1).astype(bool),
    }
    text = _TOP.format(input=shape.simd * shape.bits - 1, output=shape.pe - 1, **asdict(shape))
    own = {"top.sv": text, **{file: hex_lines(content) for file, content in words.items()}}
    if for_loop:
        own["xnor_pe.sv"] = FOR_LOOP
    library = {path.name: path.read_text() for path in sources()}
    return counted(library | own, "top")
