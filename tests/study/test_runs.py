# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from hw_bnn import files
from hw_bnn.errors import HwBnnError
from hw_bnn.study import StudyConfig, study

TINY = {
    "data": {"name": "digits"},
    "model": {"hidden": [8]},
    "train": {"epochs": 1, "batch_size": 50},
    "seeds": [0, 1],
    "methods": {"zero": {}, "shift -0.5": {"model.threshold": {"policy": "shift", "shift": -0.5}}},
}


def tiny(**changes: object) -> StudyConfig:
    return StudyConfig.model_validate({**TINY, **changes})


def test_a_study_is_trained_measured_drawn_and_continued(tmp_path):
    result = study(tiny(), tmp_path, workers=2)
    assert [(row["method"], row["seed"]) for row in result["rows"]] == [
        (method, seed) for method in ("zero", "shift -0.5") for seed in (0, 1)
    ]
    for row in result["rows"]:
        folder = tmp_path / "runs" / row["method"] / str(row["seed"])
        assert row["accuracy"] == files.read_json(folder / "metrics.json")["test"]["accuracy"]
        assert len(row["share_of_plus_one"]) == 1
    assert result["sentences"][0].startswith("shift -0.5: ")
    assert result["recipe"]["train"]["epochs"] == 1
    assert files.read_json(tmp_path / "study.json") == result
    for name in ("accuracy", "distributions", "shares"):
        picture = ElementTree.parse(tmp_path / f"{name}.svg").getroot()
        assert any("shift -0.5" in (text or "") for text in picture.itertext())

    found = (path for path in (tmp_path / "runs").rglob("*") if path.is_file())
    kept = {path: path.stat().st_mtime_ns for path in found}
    assert kept
    more = study(tiny(seeds=[0, 1, 2]), tmp_path)
    assert [row for row in more["rows"] if row["seed"] < 2] == result["rows"]
    assert all(path.stat().st_mtime_ns == when for path, when in kept.items())

    with pytest.raises(HwBnnError, match=r"^method zero, seed 0: .*train.epochs"):
        study(tiny(train={"epochs": 2, "batch_size": 50}), tmp_path)


def test_an_interrupted_study_ends_with_its_processes(tmp_path):
    path, out = tmp_path / "long.yaml", tmp_path / "out"
    path.write_text(
        "{data: {name: digits}, model: {hidden: [8]}, train: {epochs: 100000}, seeds: [0],"
        " methods: {zero: {}, other: {train.batch_size: 50}}}"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "hw_bnn", "study", path, "--out", out, "--workers", "2"],
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whoever started us
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    while process.poll() is None and len(list(out.glob("runs/*/0/checkpoint.pt"))) < 2:
        time.sleep(0.1)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the children, too
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err.lstrip("\n") == "interrupted; run the same command again to continue\n"
    _, left = psutil.wait_procs(children, timeout=30)
    assert [child for child in left if child.status() != psutil.STATUS_ZOMBIE] == []
    assert not list(out.rglob(".checkpoint*"))
