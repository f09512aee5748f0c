# SPDX-License-Identifier: BSD-3-Clause
"""Costs of trainings: every shipped experiment is there, and hours follow from seconds."""

from __future__ import annotations

import json

import pytest
from torch import nn

from hw_bnn.bench import costs as bench
from hw_bnn.config import load_config
from hw_bnn.progress import SILENT


def test_a_row(monkeypatch, repository):
    monkeypatch.chdir(repository)
    ends = iter([0.0, 9.0, 10.0, 12.0, 20.0, 21.0, 30.0, 32.0, 40.0, 43.0, 50.0, 52.0])
    monkeypatch.setattr(bench.time, "process_time", lambda: next(ends))
    [row] = bench.costs(SILENT, ("tfc-mnist-pynq-z1",))
    assert (row["batch"], row["step_cpu_seconds"], row["images"]) == (256, 2.0, 54_000)
    assert row["core_hours"] == pytest.approx(2 / 256 * 54_000 * 100 / 3600, abs=0.005)


def test_a_step_trains(monkeypatch, repository):
    monkeypatch.chdir(repository)
    taken = []
    monkeypatch.setattr(bench, "_timed", lambda step: taken.append(step) or 1.0)
    bench.costs(SILENT, ("lfc-mnist-pynq-z1",))
    cells = [cell.cell_contents for cell in taken[0].__closure__]
    [model] = [it for it in cells if isinstance(it, nn.Sequential)]
    before = {name: value.clone() for name, value in model.named_parameters()}
    taken[0]()
    changed = {name for name, value in model.named_parameters() if (before[name] != value).any()}
    assert {name for name in before if name.endswith("weight")} <= changed


def test_stored_costs_are_of_the_shipped_recipes(repository):
    stored = json.loads((repository / "benchmarks/results/costs.json").read_text())["rows"]
    assert [row["recipe"] for row in stored] == list(bench.RECIPES)
    for row in stored:
        config = load_config(repository / "build_configs" / f"{row['recipe']}.yaml")
        assert row["epochs"] == config.train.epochs, row["recipe"]


def test_all_shipped_recipes_are_measured(repository):
    paths = (repository / "build_configs").glob("*.yaml")
    configs = {path.stem: load_config(path) for path in paths if "short" not in path.stem}
    measured = [(configs[name].model, configs[name].train) for name in bench.RECIPES]
    for name, config in configs.items():
        assert config.data.name == "digits" or (config.model, config.train) in measured, name
