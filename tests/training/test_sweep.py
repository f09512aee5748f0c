# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json

import pytest
import yaml

from hw_bnn.config import load_config
from hw_bnn.errors import HwBnnError
from hw_bnn.training import sweep as sweeps
from hw_bnn.training import trainer
from hw_bnn.training.search import load_sweep

EXPERIMENT = {
    "data": {"name": "digits"},
    "model": {"hidden": [8]},
    "train": {"epochs": 1, "learning_rate": 0.03},
    "build": {"fpga_part": "xc7z020clg400-1"},
}
SEARCH = {
    "train.learning_rate": {"low": 0.001, "high": 0.1, "log": True},
    "train.batch_size": {"low": 50, "high": 60},
    "model.hidden": {"choices": [[8], [6, 6]]},
}


def write(folder, search=SEARCH, **sections):
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump({**EXPERIMENT, "search": search, **sections}))
    return path


def test_trials_are_trainings_compared_on_held_out_images(tmp_path, monkeypatch):
    monkeypatch.setattr("hw_bnn.training.loop.accuracy", lambda *_: pytest.fail("test images"))
    sweep = load_sweep(write(tmp_path))
    result = sweeps.run_sweep(sweep, tmp_path / "out", trials=3)
    assert json.loads((tmp_path / "out" / "sweep.json").read_text()) == result
    rows = result["trials"]
    assert [(row["number"], row["state"]) for row in rows] == [(n, "complete") for n in range(3)]
    for row in rows:
        folder = tmp_path / "out" / "trials" / f"{row['number']:03d}"
        metrics = json.loads((folder / "metrics.json").read_text())
        assert row["validation_accuracy"] == metrics["epochs"][0]["validation_accuracy"]
        config = json.loads((folder / "config.json").read_text())
        rate, size, hidden = (row["values"][key] for key in SEARCH)
        assert 0.001 <= config["train"]["learning_rate"] == rate <= 0.1
        assert 50 <= config["train"]["batch_size"] == size <= 60
        assert config["model"]["hidden"] == hidden
    assert len({row["values"]["train.learning_rate"] for row in rows}) == 3
    best = max(rows, key=lambda row: row["validation_accuracy"])
    assert rows[result["best"]]["validation_accuracy"] == best["validation_accuracy"]
    written = load_config(tmp_path / "out" / "best.yaml")
    assert written == sweep.config(rows[result["best"]]["values"])


def test_an_interrupted_sweep_finishes_its_trial_first(tmp_path, monkeypatch):
    sweep, out = load_sweep(write(tmp_path)), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(
            trainer.Trainer, "one_epoch", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            sweeps.run_sweep(sweep, out, trials=2)
    (row,) = sweeps._write(sweeps._study(sweep, out, None), sweep, out)["trials"]
    assert row["state"] == "running"
    rows = sweeps.run_sweep(sweep, out, trials=2)["trials"]
    assert [row["state"] for row in rows] == ["complete"] * 2
    assert rows[0]["values"] == row["values"]
    assert sweeps.run_sweep(sweep, out, trials=2)["trials"] == rows


def test_a_trial_that_another_worker_runs_is_left_alone(tmp_path, monkeypatch):
    sweep, out = load_sweep(write(tmp_path)), tmp_path / "out"
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    study = sweeps._study(sweep, out, url)
    number = sweeps._new(study, sweep, out, 2)
    with sweeps._locked(sweeps._folder(out, number)) as mine:
        assert mine
        rows = sweeps.run_sweep(sweep, out, trials=2, storage=url)["trials"]
    assert [row["state"] for row in rows] == ["running", "complete"]


def test_trials_that_diverge_fail(tmp_path, monkeypatch):
    def diverge(*_):
        raise trainer.DivergedError("loss")

    monkeypatch.setattr(trainer.Trainer, "one_epoch", diverge)
    result = sweeps.run_sweep(load_sweep(write(tmp_path)), tmp_path / "out", trials=2)
    assert [row["state"] for row in result["trials"]] == ["fail", "fail"]
    assert result["best"] is None


def test_networks_that_use_up_the_images_fail_alone(tmp_path):
    channels = {"model.channels": {"choices": [[[2], [2], [2]]]}}
    sweep = load_sweep(write(tmp_path, channels, model={"kind": "cnv", "hidden": []}))
    result = sweeps.run_sweep(sweep, tmp_path / "out", trials=2)
    assert [row["state"] for row in result["trials"]] == ["fail", "fail"]


def test_another_sweep_and_a_wrong_storage_are_refused(tmp_path):
    sweep = load_sweep(write(tmp_path))
    sweeps._study(sweep, tmp_path, None)
    other = load_sweep(write(tmp_path, {"train.seed": {"low": 0, "high": 9}}))
    with pytest.raises(HwBnnError, match=r"study.db: holds another sweep of the name small"):
        sweeps._study(other, tmp_path, None)
    with pytest.raises(HwBnnError, match="nonsense: cannot be used as a storage"):
        sweeps._study(sweep, tmp_path, "nonsense")


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"train.lr": {"low": 1, "high": 2}}, "train.lr is not a key of train: must be one of"),
        ({"train.epochs": {"low": 0, "high": 2}}, "train.epochs is 0: must be at least 1"),
        ({"train.epochs": {"low": 1.5, "high": 2}}, "train.epochs is 1.5: must be a whole number"),
        ({"train.loss": {"choices": ["x"]}}, "train.loss is 'x': must be 'cross_entropy' or"),
        ({"train.seed": {"low": 2, "high": 1}}, "search.train.seed: low is 2: must be less than"),
        (
            {"train.seed": {"low": "a", "high": 1}},
            "search.train.seed: low is 'a': must be a number",
        ),
        ({"train.seed": {"low": 1}}, "search.train.seed: low or high is missing"),
        (
            {"train.learning_rate": {"low": 0, "high": 1, "log": True}},
            "search.train.learning_rate: low is 0: must be greater than 0 with log",
        ),
        (
            {"train.seed": {"low": 1, "choices": [1]}},
            "search.train.seed: choices are given: must stand without",
        ),
        ({"build.board": {"choices": ["ZCU104"]}}, "search.build.board cannot be searched"),
        ({"train.validation_fraction": {"low": 0.1, "high": 0.2}}, "cannot be searched"),
        ({}, "search is missing: must map keys"),
    ],
)
def test_a_bad_search_is_one_line(tmp_path, search, message):
    path = write(tmp_path, search)
    with pytest.raises(HwBnnError) as error:
        load_sweep(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_sweep_needs_held_out_images(tmp_path):
    train = {"train": {**EXPERIMENT["train"], "validation_fraction": 0.0}}
    with pytest.raises(HwBnnError, match=r"train.validation_fraction is 0.0: must be greater"):
        load_sweep(write(tmp_path, **train))


def test_the_shipped_sweeps_are_valid(repository):
    files = sorted((repository / "build_configs" / "sweeps").glob("*.yaml"))
    assert files
    for file in files:
        assert load_sweep(file).search
