# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hw_bnn.config import load_config
from hw_bnn.data import load
from hw_bnn.errors import HwBnnError
from hw_bnn.flow import MODEL, TRAIN, run_experiment, trained_outputs

pytestmark = pytest.mark.rtl

SMALL = """
data: {name: digits}
model: {hidden: [16, 8], input_threshold: 0.35, threshold: {policy: shift, shift: -0.5}}
train: {epochs: 3, batch_size: 64, learning_rate: 0.1}
build: {board: Pynq-Z1, target_fps: 1000000, synthesise: false}
"""


def run_cli(capsys, *arguments: str) -> tuple[int, str]:
    """Exit code and standard output of the command line, in this process."""
    from hw_bnn.cli import main

    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    return int(stopped.value.code or 0), capsys.readouterr().out


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """(experiment file, folder of the run that test_run_... makes)."""
    folder = tmp_path_factory.mktemp("flow")
    (folder / "small.yaml").write_text(SMALL)
    return folder / "small.yaml", folder / "run"


def test_run_does_everything_and_every_stage_agrees(experiment, capsys):
    config, out = experiment
    code, text = run_cli(capsys, "run", str(config), "--out", str(out), "--json")
    report = json.loads(text)
    assert code == 0
    assert report == json.loads((out / "report.json").read_text())
    images = len(load("digits").test_images)
    stages = {row["stage"]: row for row in report["bit_exact"]}
    assert {"QONNX", "integer QONNX", "golden", "RTL", "RTL with random pauses"} <= set(stages)
    assert all(row["mismatches"] == 0 for row in stages.values())
    assert stages["RTL"]["samples"] == stages["QONNX"]["samples"] == images
    accuracy = report["accuracy"]
    assert accuracy["trained"] == accuracy["golden"] == accuracy["rtl"]
    metrics = json.loads((out / TRAIN / "metrics.json").read_text())
    assert accuracy["trained"]["correct"] == metrics["test"]["correct"]
    assert report["seconds"]["training"] == pytest.approx(
        sum(epoch["seconds"] for epoch in metrics["epochs"]), abs=0.01
    )
    assert report["cycles_per_inference"] == report["cycle_model"]["cycles_per_inference"] <= 100
    page = (out / "report.html").read_text()
    assert "The test split chose nothing" in page
    assert "The same bits at every step" in page


def test_run_without_a_section_build_is_refused(tmp_path):
    (tmp_path / "alone.yaml").write_text("data: {name: digits}\n")
    config = load_config(tmp_path / "alone.yaml")
    with pytest.raises(HwBnnError, match=r"^alone: the section build is missing: must name"):
        run_experiment(config, tmp_path / "x")


def test_a_second_run_repeats_nothing(experiment, capsys, monkeypatch):
    config, out = experiment
    before = json.loads((out / "report.json").read_text())
    monkeypatch.setattr("hw_bnn.tools.verilator.run", pytest.fail)
    monkeypatch.setattr("hw_bnn.dataflow.engine.run_steps", pytest.fail)
    code, text = run_cli(capsys, "run", str(config), "--out", str(out), "--json")
    assert code == 0
    assert json.loads(text) == before


def test_simulate_gives_what_torch_gives(experiment, capsys, tmp_path):
    _, out = experiment
    pixels = load("digits").test_images[:20]
    np.save(tmp_path / "x.npy", pixels.astype(np.float32) / np.float32(255))
    expected = trained_outputs(out / TRAIN, pixels)
    for backend in ("golden", "rtl"):
        target = tmp_path / f"{backend}.npy"
        options = ["--input", str(tmp_path / "x.npy"), "--output", str(target)]
        code, _ = run_cli(capsys, "simulate", str(out), *options, "--backend", backend)
        assert code == 0
        np.testing.assert_array_equal(np.load(target), expected)


def test_export_writes_the_same_model_again(experiment, capsys, tmp_path):
    _, out = experiment
    code, _ = run_cli(capsys, "export", str(out), "--out", str(tmp_path / "again.onnx"))
    assert code == 0
    assert (tmp_path / "again.onnx").read_bytes() == (out / MODEL).read_bytes()


def test_verify_takes_a_data_set_by_name(experiment, capsys):
    _, out = experiment
    code, text = run_cli(capsys, "verify", str(out), "--data", "digits", "--images", "30", "--json")
    assert code == 0
    rows = {row["stage"]: row for row in json.loads(text)["bit_exact"]}
    assert rows["RTL"]["samples"] == 30


def test_another_experiment_is_refused_in_the_same_folder(experiment, capsys, tmp_path):
    _, out = experiment
    other = tmp_path / "other.yaml"
    other.write_text(SMALL.replace("epochs: 3", "epochs: 4"))
    before = {p: p.read_bytes() for p in Path(out).rglob("*.json")}
    code, _ = run_cli(capsys, "run", str(other), "--out", str(out))
    assert code == 2
    assert {p: p.read_bytes() for p in Path(out).rglob("*.json")} == before
