# SPDX-License-Identifier: BSD-3-Clause
"""First epochs of recipes: the whole recipe's, with images held out, and kept."""

from __future__ import annotations

import yaml

from hw_bnn.bench import epochs as bench
from hw_bnn.config import load_config
from hw_bnn.progress import SILENT
from hw_bnn.training import checkpoint


def test_rows_are_first_epochs_which_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    recipe = {"epochs": 50, "learning_rate": 0.02, "validation_fraction": 0.0}
    sections = {"data": {"name": "digits"}, "model": {"hidden": [16]}, "train": recipe}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(sections))
    [row] = bench.epochs(SILENT, tmp_path / "kept", ("tiny",))
    state = checkpoint.load(tmp_path / "kept" / "tiny")
    assert (row["epochs"], row["of_epochs"]) == (1, 50)
    assert row["images"] + row["held_out"] == 1433
    assert row["held_out"] == 143
    assert state.history[0]["learning_rate"] > 0.019  # of the whole recipe: cosine over 50 epochs
    assert state.config["train"]["threads"] == 1
    assert row["accuracy"] == state.history[0]["validation_accuracy"] > 0.2
    assert bench.epochs(SILENT, tmp_path / "kept", ("tiny",)) == [row]  # seconds, too


def test_what_is_not_trained_whole_is_there(repository):
    configs = {
        path.stem: load_config(path)
        for path in (repository / "build_configs").glob("*")
        if path.suffix == ".yaml"
    }
    long = {
        name
        for name, config in configs.items()
        if config.data.name == "cifar10" and config.train.epochs > 12
    }
    assert long == set(bench.RECIPES)
