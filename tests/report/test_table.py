# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from hw_bnn.report import table

REPORT: dict[str, Any] = {
    "name": "net",
    "model": {"source": "m.onnx", "digest": "d", "input": {"kind": "uint8/255"}},
    "board": "Pynq-Z1",
    "part": "xc7z020clg400-1",
    "accuracy": {"golden": {"correct": 931, "images": 1000, "accuracy": 0.931}},
    "bit_exact": [{"stage": "rtl", "reference": "golden", "samples": 1000, "mismatches": 0}],
    "cycles_per_inference": 896,
    "latency_cycles": 1712,
    "clock_mhz": 100.0,
    "fps": 111607.14,
    "cycle_model": {"cycles_per_inference": 897, "latency_cycles": 1713},
    "resources": {
        "total": {"lc": 4631, "lut": 5011, "bram36": 2.5, "levels": 6},
        "layers": {
            "XnorMVAU_rtl_0": {"lc": 4000, "lut": 4400, "levels": 5},
            "fifo_0": {"levels": 6},
        },
        "tool": "yosys",
        "version": "0.70",
    },
    "folding": {"XnorMVAU_rtl_0": {"PE": 16, "SIMD": 49}},
    "fifo_depths": {"fifo_0": 37},
    "seconds": {"build": 12.25, "synthesise": 30.0},
}


def shown(renderable: Any) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(renderable)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return " ".join(text.split())


def test_every_figure_is_shown() -> None:
    text = shown(table.report(REPORT))
    for part in (
        "accuracy, golden 93.10 % (931 of 1000)",
        "Pynq-Z1, xc7z020clg400-1",
        "input uint8/255",
        "cycles per inference 896",
        "cycles per inference, model 897",
        "latency, cycles 1,712",
        "clock, target, MHz 100",
        "images per second 111,607.1",
        "LC 4,631",
        "BRAM36 2.5",
        "longest path (meant: 5 at most) 6!",
        "estimated by yosys 0.70",
        "seconds in all 42.2",
        "MVAU_0 16 49 4,000 4,400 5",
        "MVAU_0 is XnorMVAU_rtl_0 in files",
        "fifo_0 37 6!",
        "rtl golden 1,000 0",
        "not a timing result",
        "Nothing ran on a board",
    ):
        assert part in text


def test_what_is_missing_is_left_out() -> None:
    text = shown(table.report({"name": "net", "cycles_per_inference": 896}))
    assert "896" in text
    for part in ("accuracy", "latency", "Layers", "Bit for bit", "LC", "None", "board "):
        assert part not in text.replace(table.CAPTION, "")


def test_square_brackets_are_text() -> None:
    assert "[bold]x" in shown(table.values({"[red]key": "[bold]x"}))


def test_values_are_flat() -> None:
    text = shown(table.values({"a": {"b": 0.5}, "shape": [2, 3], "epochs": [{"loss": 9.75}]}))
    assert "a, b 0.5" in text
    assert "shape [2, 3]" in text
    assert "9.75" not in text


def test_the_first_mismatch_is_named() -> None:
    assert table.mismatch(REPORT) is None
    wrong = {"stage": "netlist", "reference": "rtl", "samples": 5, "mismatches": 3}
    text = table.mismatch({"bit_exact": [*REPORT["bit_exact"], wrong]})
    assert text == "netlist differs from rtl in 3 of 5 samples"


def test_rows_have_all_columns() -> None:
    text = shown(table.rows({"benchmark": "b", "rows": [{"a": 1}, {"b": 0.12345}]}))
    assert "a b" in text
    assert "0.1235" in text or "0.1234" in text
