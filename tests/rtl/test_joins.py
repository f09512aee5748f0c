# SPDX-License-Identifier: BSD-3-Clause
"""stream_fork and stream_add: a stream splits, its parts pause each for itself, and meet again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hw_bnn.dataflow.chain import BLOCKS, Stage, unit_times
from hw_bnn.tools.verilator import compile_simulator

pytestmark = pytest.mark.rtl

WORDS = 400
LANES, A_BITS, B_BITS = 3, 6, 2
STALLS = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.6), (0.4, 0.4)]
PASS = Stage(BLOCKS, (1, 1, 1, 1, 1, 1, 1))  # one word, taken unless one waits

# The upper and the lower part of a word are added; a third copy of it goes to a tap.
BENCH = """\
module bench (
  input  logic ap_clk,
  input  logic ap_rst_n,
  input  logic [23:0] in0_V_TDATA,
  input  logic in0_V_TVALID,
  output logic in0_V_TREADY,
  output logic [23:0] out0_V_TDATA,
  output logic out0_V_TVALID,
  input  logic out0_V_TREADY,
  output logic [23:0] tap_data_o,
  output logic [0:0] tap_moves_o
);
  logic [22:0] noise_q;
  logic [2:0] open;  // pauses of each copy
  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) noise_q <= 23'h2f31;
    else noise_q <= {{noise_q[21:0], noise_q[22] ^ noise_q[17]}};
  end
  assign open = 1'b{pauses} ? {{noise_q[15] & noise_q[19], noise_q[3] | noise_q[8], noise_q[12]}}
                            : 3'b111;

  logic [71:0] copies;
  logic [2:0] valid, ready;
  logic [1:0] add_valid, add_ready;
  logic [47:0] words;
  logic [20:0] sums;
  stream_fork #(.Width(24), .Copies(3)) u_fork (
    .clk_i(ap_clk), .rst_ni(ap_rst_n), .data_i(in0_V_TDATA), .valid_i(in0_V_TVALID),
    .ready_o(in0_V_TREADY), .data_o(copies), .valid_o(valid), .ready_i(ready)
  );
  for (genvar i = 0; i < 2; i++) begin : gen_fifo
    logic fifo_ready;
    stream_fifo #(.Width(24), .Depth(4)) u_fifo (
      .clk_i(ap_clk), .rst_ni(ap_rst_n), .data_i(copies[24*i +: 24]),
      .valid_i(valid[i] && open[i]), .ready_o(fifo_ready),
      .data_o(words[24*i +: 24]), .valid_o(add_valid[i]), .ready_i(add_ready[i])
    );
    assign ready[i] = fifo_ready && open[i];
  end
  stream_add #(.Lanes(3), .ABits(6), .BBits(2)) u_add (
    .clk_i(ap_clk), .rst_ni(ap_rst_n), .data_i({{words[47:42], words[17:0]}}),
    .valid_i(add_valid), .ready_o(add_ready),
    .data_o(sums), .valid_o(out0_V_TVALID), .ready_i(out0_V_TREADY)
  );
  assign ready[2] = open[2];
  assign out0_V_TDATA = {{3'b0, sums}};
  assign tap_data_o = copies[71:48];
  assign tap_moves_o = valid[2] & ready[2];
endmodule
"""


def bits_of(values: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """[n, lanes] -> [n, lanes * width], lane 0 first, each from its lowest bit on."""
    return ((values[..., None] >> np.arange(width)) & 1).astype(np.uint8).reshape(len(values), -1)


@pytest.mark.parametrize("pauses", [0, 1])
def test_parts_of_a_forked_stream_add_up(pauses: int, rtl: Path, tmp_path: Path) -> None:
    wrapper = tmp_path / "bench.sv"
    wrapper.write_text(BENCH.format(pauses=pauses))
    simulator = compile_simulator(
        [wrapper, *sorted(rtl.glob("*.sv"))], "bench", tmp_path, 3, 3, 0, taps=[3]
    )
    rng = np.random.default_rng(4)
    a = rng.integers(0, 2**A_BITS, (WORDS, LANES))
    b = rng.integers(0, 2**B_BITS, (WORDS, LANES))
    words = np.concatenate([bits_of(a, A_BITS), bits_of(b, B_BITS)], axis=1)
    beats = np.packbits(words, axis=1, bitorder="little")
    expected = np.packbits(bits_of(a + b, A_BITS + 1), axis=1, bitorder="little")
    for seed, (idle, backpressure) in enumerate(STALLS):
        result = simulator.run(
            beats, WORDS, idle=idle, backpressure=backpressure, seed=seed, record=True
        )
        np.testing.assert_array_equal(result.outputs, expected)
        seen = len(result.taps[0])  # the last sums may have left before the last copy
        assert seen >= WORDS - 6
        np.testing.assert_array_equal(result.taps[0], beats[:seen])
        if not (idle or backpressure or pauses):
            copied = unit_times([PASS], np.arange(WORDS), WORDS)
            added = unit_times([PASS], copied + 1, WORDS)  # behind a FIFO
            np.testing.assert_array_equal(result.out_cycles, added)
