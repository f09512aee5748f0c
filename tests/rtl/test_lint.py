# SPDX-License-Identifier: BSD-3-Clause
"""Every module passes Verilator with all warnings on, in several shapes, without a waiver."""

from __future__ import annotations

import pytest

from hw_bnn.errors import HwBnnError
from hw_bnn.rtl import FOLDER, sources
from hw_bnn.tools.verilator import lint

pytestmark = pytest.mark.rtl

# compressor instantiates itself, which Verilator does not analyse in a top module; popcount
# holds it in every shape.
MODULES = [path.stem for path in sources() if path.stem != "compressor"]
SHAPES = [
    *(
        ("popcount", [f"Simd={n}", f"Bits={b}"])
        for n, b in ((1, 1), (2, 3), (7, 1), (23, 2), (99, 8))
    ),
    ("xnor_mvau", ["MatrixW=1", "MatrixH=1", "Pe=1", "Simd=1"]),
    ("xnor_mvau", ["MatrixW=9", "MatrixH=1", "Pe=1", "Simd=3", "Thresholds=0"]),
    ("xnor_mvau", ["MatrixW=8", "MatrixH=64", "Pe=4", "Simd=8"]),
    ("xnor_mvau", ["MatrixW=9", "MatrixH=2", "Pe=1", "Simd=9", "InputBits=2", "Thresholds=3"]),
    ("xnor_mvau", ["MatrixW=9", "MatrixH=2", "Pe=2", "Simd=3", "InputBits=8", "Thresholds=15"]),
    ("xnor_mvau", ["MatrixW=784", "MatrixH=64", "Pe=16", "Simd=49"]),
    ("stream_fifo", ["Depth=2", "Width=1"]),
    ("stream_fifo", ["Depth=5", "Width=3"]),
    *(("stream_dwc", [f"InWidth={a}", f"OutWidth={b}"])
      for a, b in ((8, 8), (8, 16), (16, 8), (24, 16), (1, 5))),
    ("stream_fork", ["Copies=1"]),
    ("stream_fork", ["Copies=3", "Width=1"]),
    ("stream_add", ["ABits=3", "BBits=5", "Lanes=1"]),
    ("input_quantiser", ["Thresholds=4", "Words=3", "Lanes=1"]),
    ("input_quantiser", ["Thresholds=15"]),
    ("stream_window", ["KernelH=1", "KernelW=1", "StrideH=2", "StrideW=3"]),
    ("stream_window", ["ImageH=5", "ImageW=7", "KernelH=5", "KernelW=7", "Folds=3"]),
    ("stream_window", ["PadTop=1", "PadRight=2", "Folds=3"]),
    ("stream_window_rows", ["PadLeft=1", "StrideW=2", "KernelH=2"]),
    ("stream_window_whole", ["PadTop=1", "PadRight=2", "Folds=3"]),
    ("stream_window_whole", ["KernelH=1", "StrideW=3"]),
    ("stream_window_whole", ["KernelW=1", "ImageW=1"]),
    ("stream_max_pool", ["KernelH=3", "Bits=2", "Folds=3"]),
    ("block_max", ["KernelH=1", "KernelW=1", "ImageH=5", "Bits=4"]),
    *(
        ("block_counter", [f"Extent={e}", f"Step={s}", f"Kernel={k}"])
        for e, s, k in ((1, 1, 1), (7, 2, 2), (3, 3, 1))
    ),
]  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
def test_defaults(module: str) -> None:
    lint(sources(), module, FOLDER)


@pytest.mark.parametrize(("module", "parameters"), SHAPES, ids=str)
def test_shapes(module: str, parameters: list[str]) -> None:
    lint(sources(), module, FOLDER, parameters)


def test_no_waivers_and_short_lines() -> None:
    for path in sources():
        text = path.read_text()
        assert "lint_off" not in text, path.name
        assert len(text.splitlines()) < 230, path.name
        assert max(map(len, text.splitlines())) <= 100, path.name


def test_folding_that_does_not_divide_is_refused() -> None:
    with pytest.raises(HwBnnError, match=r"Simd \(7\) must divide MatrixW \(64\)"):
        lint(sources(), "xnor_mvau", FOLDER, ["Simd=7"])
