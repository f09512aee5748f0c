# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest
import torch
from rich.console import Console

from hw_bnn import cli, files
from hw_bnn.cli import study as cli_study
from hw_bnn.errors import HwBnnError
from hw_bnn.study import StudyConfig, runs, study

TINY = {
    "data": {"name": "digits"},
    "model": {"hidden": [8]},
    "train": {"epochs": 1, "batch_size": 50},
    "seeds": [0, 1],
    "methods": {"zero": {}, "shift -0.5": {"model.threshold": {"policy": "shift", "shift": -0.5}}},
}


def tiny(**changes: object) -> StudyConfig:
    return StudyConfig.model_validate({**TINY, **changes})


def stamps(folder: Path) -> dict[Path, int]:
    """When each file was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_study_is_trained_measured_drawn_and_continued(tmp_path):
    wild = {"train.learning_rate": 1e38}
    methods = {**TINY["methods"], "wild": wild}
    result = study(tiny(methods=methods), tmp_path, workers=2)
    assert [(row["method"], row["seed"]) for row in result["rows"]] == [
        (method, seed) for method in methods for seed in (0, 1)
    ]
    for row in result["rows"][:4]:
        folder = tmp_path / "runs" / row["method"] / str(row["seed"])
        assert row["run"] == str(folder.relative_to(tmp_path))
        assert row["accuracy"] == files.read_json(folder / "metrics.json")["test"]["accuracy"]
        assert len(row["share_of_plus_one"]) == 1
    assert [row["diverged"] for row in result["rows"]] == [False] * 4 + [True] * 2
    assert result["summary"][2]["diverged"] == [0, 1]
    assert result["sentences"][0].startswith("shift -0.5: ")
    assert result["sentences"][1] == "wild: 2 of 2 seeds diverged, left out of its means"
    assert result["recipe"]["train"]["epochs"] == 1
    found = result["conditions"]
    assert found["commits"] == {"trained": [found["commit"]], "measured": [found["commit"]]}
    assert found["device"] == "cpu"
    assert files.read_json(tmp_path / "study.json") == result
    for name in ("accuracy", "distributions", "shares"):
        picture = ElementTree.parse(tmp_path / f"{name}.svg").getroot()
        texts = [text or "" for text in picture.itertext()]
        assert any("shift -0.5" in text for text in texts)
        assert any("wild (2 diverged)" in text for text in texts) == (name == "accuracy")
    console = Console(width=150)
    with console.capture() as seen:
        console.print(cli_study._shown(result))
    assert "0, 2 diverged" in seen.get()
    assert "None" not in seen.get()  # of two comparisons one is none: no caution

    kept = stamps(tmp_path / "runs")
    methods = {"zero": {}, "moved": methods["shift -0.5"], "wild": wild}
    more = study(tiny(seeds=[0, 1, 2], methods=methods), tmp_path)
    old = [row for row in more["rows"] if row["seed"] < 2]
    assert [{**row, "method": ""} for row in old] == [{**r, "method": ""} for r in result["rows"]]
    assert stamps(tmp_path / "runs").items() >= kept.items()

    with pytest.raises(HwBnnError, match=r"^method zero, seed 0: .*train.epochs"):
        study(tiny(train={"epochs": 2, "batch_size": 50}), tmp_path)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_missing_is_one_line(tmp_path, capfd):
    path = tmp_path / "tiny.yaml"
    path.write_text("{data: {name: digits}, seeds: [0], methods: {zero: {}}, train: {epochs: 1}}")
    with pytest.raises(SystemExit) as stop:
        cli.main(["study", str(path), "--out", str(tmp_path / "out"), "--device", "cuda"])
    assert stop.value.code == 2
    assert "torch finds no GPU" in capfd.readouterr().err


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


def test_a_process_that_was_killed_is_one_line():
    class Killed:
        def submit(self, *_):
            future: Future[None] = Future()
            future.set_exception(BrokenProcessPool())
            return future

    with pytest.raises(HwBnnError, match=r"seed 0: its process was ended.*fewer --workers"):
        list(runs._all(Killed(), {("zero", 0): ()}, 1))
