# SPDX-License-Identifier: BSD-3-Clause
"""Every module is read by plain yosys, and comes out in the size it was written for."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hw_bnn import files
from hw_bnn.rtl import sources
from hw_bnn.tools.process import run
from hw_bnn.tools.yosys import Utilisation, find_yosys, synthesise

pytestmark = pytest.mark.rtl

STREAM = """\
module top (
  input logic clk_i, input logic rst_ni,
  input logic [{0}-1:0] data_i, input logic valid_i, output logic ready_o,
  output logic [{1}-1:0] data_o, output logic valid_o, input logic ready_i
);
  {2} dut (
    .clk_i, .rst_ni, .data_i, .valid_i, .ready_o, .data_o, .valid_o, .ready_i
  );
endmodule
"""


def build(folder: Path, instance: str, in_bits: int, out_bits: int, *data: Path) -> Utilisation:
    wrapper = folder / "top.sv"
    wrapper.write_text(STREAM.format(in_bits, out_bits, instance))
    return synthesise([wrapper, *sources(), *data], "top", folder / "yosys")


def random_memory(path: Path, words: int, bits: int) -> Path:
    rng = np.random.default_rng(0)
    lines = (int.from_bytes(rng.bytes(bits // 8 + 1)) % 2**bits for _ in range(words))
    path.write_text("".join(f"{line:x}\n" for line in lines))
    return path


def test_plain_yosys_reads_every_module(tmp_path: Path) -> None:
    for path in sources():
        shutil.copy(path, tmp_path)
    names = " ".join(path.name for path in sources())
    library = "read_verilog -lib +/xilinx/cells_sim.v"
    script = f"{library}; read_verilog -sv {names}; proc; check -assert"
    text = run([*find_yosys().command, "-p", script], tmp_path, name="yosys")
    for path in sources():
        assert f"\\{path.stem}'" in text


def mvau(folder: Path, width: int, height: int, pe: int, simd: int, bits: int = 1) -> Utilisation:
    sum_bits = ((2**bits - 1) * width).bit_length() + 1
    folds = height // pe
    weights = random_memory(folder / "w.mem", folds * (width // simd), pe * simd)
    thresholds = random_memory(folder / "t.mem", folds, pe * sum_bits)
    return build(
        folder,
        f"xnor_mvau #(.MatrixW({width}), .MatrixH({height}), .Pe({pe}), .Simd({simd}), "
        f'.InputBits({bits}), .WeightFile("w.mem"), .ThresholdFile("t.mem"))',
        simd * bits,
        pe,
        weights,
        thresholds,
    )


def test_mvau_spends_little_beyond_the_weights(tmp_path: Path) -> None:
    used = mvau(tmp_path, 64, 64, 8, 8)
    assert used.lc - 64 < 2.4 * 64  # 64 hold the weights
    assert used.lutram == 8  # the replay buffer: 8 words of 8 bits
    assert (used.bram36, used.dsp) == (0, 0)
    assert used.levels <= 5


def test_wide_mvau_with_weights_in_block_ram(tmp_path: Path) -> None:
    used = mvau(tmp_path, 576, 16, 4, 64)
    assert used.lc < 1.25 * 4 * 64
    assert used.sites < 1.15 * used.lc
    assert used.levels <= 5
    assert used.bram36 == 4  # 36 words of 256 bits
    # All weights are in the memories' initial contents.
    cells = files.read_json(tmp_path / "yosys" / "netlist.json")["modules"]["top"]["cells"]
    ones = sum(
        value.count("1")
        for cell in cells.values()
        if cell["type"].startswith("RAMB")
        for name, value in cell["parameters"].items()
        if name.startswith(("INIT_0", "INIT_1", "INIT_2", "INIT_3", "INIT_4", "INIT_5", "INIT_6",
                            "INIT_7", "INITP_"))
    )  # fmt: skip
    words = (tmp_path / "w.mem").read_text().split()
    assert ones == sum(int(word, 16).bit_count() for word in words)


def test_several_bits_and_thresholds_stay_within_five_levels(tmp_path: Path) -> None:
    weights = random_memory(tmp_path / "w.mem", 8, 64)
    thresholds = random_memory(tmp_path / "t.mem", 2 * 4, 4 * 2 * 8)
    used = build(
        tmp_path,
        "xnor_mvau #(.MatrixW(64), .MatrixH(8), .Pe(4), .Simd(16), .InputBits(2), .Thresholds(7), "
        '.WeightFile("w.mem"), .ThresholdFile("t.mem"))',
        32,
        12,
        weights,
        thresholds,
    )
    assert used.levels <= 5


def test_fifo_words_lie_in_lut_ram(tmp_path: Path) -> None:
    used = build(tmp_path, "stream_fifo #(.Width(64), .Depth(32))", 64, 64)
    assert used.lutram == 44  # 11 RAM32M of 6 bits
    assert used.lut <= 25  # counters without a carry chain, for their levels
    assert used.ff <= 28  # two addresses and those before them; no word


def test_counters_and_memories_of_awkward_sizes_stay_within_five_levels(tmp_path: Path) -> None:
    deep = mvau(tmp_path, 64, 144, 1, 8)  # 1,152 weight words
    assert deep.bram36 > 0
    assert deep.levels <= 5
    fifo = build(tmp_path, "stream_fifo #(.Width(16), .Depth(176))", 16, 16)
    assert (fifo.bram36, fifo.lutram) == (0.5, 0)
    assert fifo.levels <= 5
    thresholds = random_memory(tmp_path / "t.mem", 9, 2 * (7 * 9 + 1))
    instance = 'input_quantiser #(.Lanes(2), .Words(9), .Thresholds(7), .ThresholdFile("t.mem"))'
    assert build(tmp_path, instance, 16, 6, thresholds).levels <= 5


JOINS = """\
module top (
  input logic clk_i, input logic rst_ni,
  input logic [31:0] data_i, input logic valid_i, output logic ready_o,
  output logic [31:0] late_o, output logic late_valid_o, input logic late_ready_i,
  input logic [15:0] other_i, input logic other_valid_i, output logic other_ready_o,
  output logic [19:0] sums_o, output logic sums_valid_o, input logic sums_ready_i
);
  logic [63:0] copies;
  logic [15:0] codes;
  logic [1:0] valid, add_ready;
  logic ready, codes_valid;
  stream_fork #(.Width(32)) u_fork (
    .clk_i, .rst_ni, .data_i, .valid_i, .ready_o,
    .data_o(copies), .valid_o(valid), .ready_i({late_ready_i, ready})
  );
  assign late_o = copies[63:32];
  assign late_valid_o = valid[1];
  input_quantiser #(.Lanes(4), .Thresholds(15), .ThresholdFile("t.mem")) u_quantiser (
    .clk_i, .rst_ni, .data_i(copies[31:0]), .valid_i(valid[0]), .ready_o(ready),
    .data_o(codes), .valid_o(codes_valid), .ready_i(add_ready[0])
  );
  stream_add #(.Lanes(4), .ABits(4), .BBits(4)) u_add (
    .clk_i, .rst_ni, .data_i({other_i, codes}), .valid_i({other_valid_i, codes_valid}),
    .ready_o(add_ready), .data_o(sums_o), .valid_o(sums_valid_o), .ready_i(sums_ready_i)
  );
  assign other_ready_o = add_ready[1];
endmodule
"""


def test_fork_quantiser_and_sum_are_small_and_shallow(tmp_path: Path) -> None:
    (tmp_path / "top.sv").write_text(JOINS)
    field = "0" + "".join(f"{16 * s + 11:09b}" for s in range(15, 0, -1))
    (tmp_path / "t.mem").write_text(f"{int(field * 4, 2):x}\n")
    files = [tmp_path / "top.sv", *sources(), tmp_path / "t.mem"]
    used = synthesise(files, "top", tmp_path / "yosys")
    assert used.lc < 2 * 60 + 30  # two look-up tables for each of 60 thresholds
    assert (used.lutram, used.bram36, used.dsp) == (0, 0, 0)
    assert used.levels <= 5


def test_width_converter_halves_with_one_multiplexer(tmp_path: Path) -> None:
    used = build(tmp_path, "stream_dwc #(.InWidth(64), .OutWidth(32))", 64, 32)
    assert 32 <= used.lut <= 45


def test_window_keeps_its_rows_in_ram(tmp_path: Path) -> None:
    used = build(
        tmp_path,
        "stream_window #(.Width(32), .Folds(2), .ImageH(30), .ImageW(30))",
        32,
        32,
    )
    assert used.bram36 == 0.5  # two rows and three positions: 126 words of 32 bits
    assert used.lutram == 0
    assert used.lc < 50
    assert used.ff < 60
    assert used.levels <= 5


def test_whole_windows_take_little_but_their_rows_in_lut_ram(tmp_path: Path) -> None:
    used = build(
        tmp_path,
        "stream_window_whole #(.Width(64), .ImageH(30), .ImageW(30), .PadTop(1), .PadLeft(1), "
        ".PadBottom(1), .PadRight(1))",
        64,
        9 * 64,
    )
    assert used.lutram == 88  # two rows of 32 words of 64 bits
    assert used.bram36 == 0
    assert used.lc < 20
    assert used.ff < 9 * 64 + 25
    assert used.levels <= 5


def test_pool_keeps_a_row_of_maxima_in_lut_ram(tmp_path: Path) -> None:
    used = build(
        tmp_path,
        "stream_max_pool #(.Lanes(32), .Folds(2), .ImageH(28), .ImageW(28))",
        32,
        32,
    )
    assert 0 < used.lutram <= 24
    assert used.bram36 == 0
    assert used.lc < 60
