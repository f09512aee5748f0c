# SPDX-License-Identifier: BSD-3-Clause
"""Every module is read by plain yosys, and comes out in the size it was written for."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

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
    script = f"read_verilog -sv {' '.join(path.name for path in sources())}; proc; check -assert"
    text = run([*find_yosys().command, "-p", script], tmp_path, name="yosys")
    for path in sources():
        assert f"\\{path.stem}'" in text


def test_mvau_spends_little_beyond_the_weights(tmp_path: Path) -> None:
    weights = random_memory(tmp_path / "w.mem", 64, 64)
    thresholds = random_memory(tmp_path / "t.mem", 8, 56)
    used = build(
        tmp_path,
        "xnor_mvau #(.MatrixW(64), .MatrixH(64), .Pe(8), .Simd(8), "
        '.WeightFile("w.mem"), .ThresholdFile("t.mem"))',
        8,
        8,
        weights,
        thresholds,
    )
    assert 150 < used.lc < 240  # 64 of them hold the weights
    assert used.lutram == 8  # the replay buffer: 8 words of 8 bits
    assert used.dsp == 0


def test_mvau_with_deep_weights_uses_block_ram(tmp_path: Path) -> None:
    weights = random_memory(tmp_path / "w.mem", 1024, 64)
    thresholds = random_memory(tmp_path / "t.mem", 32, 88)
    used = build(
        tmp_path,
        "xnor_mvau #(.MatrixW(256), .MatrixH(256), .Pe(8), .Simd(8), .ThresholdWidth(11), "
        '.WeightFile("w.mem"), .ThresholdFile("t.mem"))',
        8,
        8,
        weights,
        thresholds,
    )
    assert used.bram36 >= 2
    assert used.lc < 400


def test_fifo_words_lie_in_lut_ram(tmp_path: Path) -> None:
    used = build(tmp_path, "stream_fifo #(.Width(64), .Depth(32))", 64, 64)
    assert used.lutram == 44  # 11 RAM32M of 6 bits
    assert used.lut <= 20
    assert used.ff <= 20


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
    assert used.lc < 60
    assert used.ff < 60


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
