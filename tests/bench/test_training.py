# SPDX-License-Identifier: BSD-3-Clause
"""Benchmark of trainings: a seed's row is its run's, and finished runs are kept."""

from __future__ import annotations

import json

import pytest
import yaml

from hw_bnn.bench import training as bench
from hw_bnn.progress import SILENT


def test_rows_are_the_runs_which_are_kept(tmp_path, monkeypatch):
    path, kept = tmp_path / "tiny.yaml", tmp_path / "kept"
    experiment = {
        "data": {"name": "digits"},
        "model": {"hidden": [16]},
        "train": {"epochs": 1},
        "build": {"fpga_part": "xc7z020clg400-1"},
    }
    path.write_text(yaml.safe_dump(experiment))
    monkeypatch.setitem(bench.CONFIGS, "training", path)
    first = bench.training(SILENT, kept)
    correct = [json.loads((kept / f"{s}/metrics.json").read_text())["test"] for s in bench.SEEDS]
    assert [row["correct"] for row in first[:-1]] == [found["correct"] for found in correct]
    accuracies = [row["accuracy"] for row in first[:-1]]
    assert len(set(accuracies)) > 1
    assert first[-1]["accuracy"] == pytest.approx(sum(accuracies) / 3)

    (kept / "1" / "metrics.json").write_text(json.dumps({"test": {"accuracy": 0.5}}))
    again = bench.training(SILENT, kept)
    assert [row["accuracy"] for row in again[:-1]] == [accuracies[0], 0.5, accuracies[2]]


def test_a_teacher_is_trained_first(tmp_path, monkeypatch):
    data = {"data": {"name": "digits"}, "model": {"hidden": [16]}}
    teacher = data | {"train": {"epochs": 2}}
    taught = data | {"train": {"epochs": 1, "distillation": {"teacher": "../runs/wise"}}}
    (tmp_path / "wise.yaml").write_text(yaml.safe_dump(teacher))
    (tmp_path / "taught.yaml").write_text(yaml.safe_dump(taught))
    monkeypatch.setitem(bench.CONFIGS, "training", tmp_path / "taught.yaml")
    rows = bench.training(SILENT, tmp_path / "kept")
    assert [row["design"] for row in rows] == ["wise", *["taught"] * 4]
    assert [row["seed"] for row in rows] == [0, 0, 1, 2, "mean of 3"]
    assert rows[-1]["accuracy"] == pytest.approx(sum(row["accuracy"] for row in rows[1:4]) / 3)
