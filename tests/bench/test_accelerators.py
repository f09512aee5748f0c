# SPDX-License-Identifier: BSD-3-Clause
"""Rows of whole accelerators, of reports and netlists that others have made."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hw_bnn import bench, files
from hw_bnn.bench import accelerators
from hw_bnn.errors import HwBnnError
from hw_bnn.progress import SILENT

UNIT = {"lc": 7, "levels": 1, "seconds": 3.0, "folder": "abc"}
REPORT: dict[str, Any] = {
    "name": "net",
    "digest": "d",
    "part": "xc7z020clg400-1",
    "resources": {
        "total": {"lc": 21, "levels": 6, "seconds": 5.0},
        "layers": {"a": UNIT, "b": UNIT | {"lc": 14, "folder": "def"}, "c": UNIT},
    },
    "cycles_per_inference": 64,
    "bit_exact": [
        {"stage": "golden", "samples": 50, "mismatches": 9},
        {"stage": "RTL", "samples": 40, "mismatches": 1},
        {"stage": "RTL with random pauses", "samples": 30, "mismatches": 2},
        {"stage": "netlist", "samples": 20, "mismatches": 4},
        {"stage": "netlist with random pauses", "samples": 20, "mismatches": 0},
    ],
}
WHOLE = {
    "experiment": "net", "lc": 21, "levels": 6, "seconds": 5.0, "cycles_per_inference": 64,
    "mismatches": 7, "rtl_images": 40, "netlist_images": 20,
}  # fmt: skip


@pytest.fixture(autouse=True)
def report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder holds REPORT."""
    monkeypatch.setattr(accelerators.BuildFolder, "read_report", lambda _: REPORT)


def test_a_whole_stands_beside_its_flat_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs: list[dict[str, str]] = []

    def whole(_out: Path, _work: Path, replaced: list[Path]) -> dict[str, Any]:
        runs.append({path.name: path.read_text() for path in replaced})
        return {"lc": 30 + len(replaced)}

    monkeypatch.setattr("hw_bnn.flow.run_experiment", lambda *_, **__: REPORT)
    monkeypatch.setattr("hw_bnn.build.synthesis.synthesise_whole", whole)
    rows = accelerators.mlp(SILENT, tmp_path)
    own, flat, baseline = rows
    assert own == WHOLE | {"design": own["design"], "baseline": "for loop"}
    assert (flat["lc"], baseline) == (30, {"design": "for loop", "lc": 31})
    assert runs[0] == {}
    assert "module xnor_pe" in runs[1]["xnor_pe.sv"]
    assert accelerators.mlp(SILENT, tmp_path) == rows
    assert len(runs) == 2  # kept


def test_equal_units_are_checked_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    checked = []

    def check(_folder: Any, words: Any, key: str, work_dir: Path) -> tuple[int, int]:
        assert work_dir.is_dir()
        checked.append((words.unit, key))
        return 100, len(checked) - 1

    units = [SimpleNamespace(unit=name, in_words=4) for name in "abc"]
    monkeypatch.setattr("hw_bnn.build.unit_check.unit_words", lambda _: units)
    monkeypatch.setattr("hw_bnn.build.unit_check.check_unit", check)
    monkeypatch.setattr("hw_bnn.build.synthesis.synthesise_whole", lambda *_: {"lc": 30})
    *rows, flat, whole = accelerators.cnv(SILENT, tmp_path / "build", tmp_path / "kept")
    assert checked == [("a", "abc"), ("b", "def")]
    assert [(row["design"], row["lc"], row["mismatches"]) for row in rows] == [
        ("a", 7, 0), ("b", 14, 1), ("c", 7, 0),
    ]  # fmt: skip
    assert flat == {"design": "flattened", "lc": 30}
    assert whole == WHOLE | {"design": "whole, the sum of its units"}
    assert not any("folder" in row for row in rows)


def test_a_build_without_synthesis_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(accelerators.BuildFolder, "read_report", lambda _: {"resources": {}})
    with pytest.raises(HwBnnError, match="no synthesis; run hw-bnn synth"):
        accelerators.cnv(SILENT, tmp_path, tmp_path)


def test_options_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HwBnnError, match="mlp takes no build, seed"):
        bench.run("mlp", build=tmp_path, seed=1, kept=tmp_path)
    with pytest.raises(HwBnnError, match="cnv needs --build"):
        bench.run("cnv", kept=tmp_path)


def test_the_mlp_is_simulated_after_synthesis() -> None:
    """At least 100 images of the shipped experiment go through the netlist."""
    from hw_bnn.config import load_config

    root = Path(__file__).parents[2]
    config = load_config(root / accelerators.MLP)
    assert config.build.netlist_images >= 100
    assert config.build.synthesise
    assert files.read_json(root / accelerators.MLP.with_suffix(".folding.json"))
