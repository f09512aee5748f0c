# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from pathlib import Path

import pytest

from hw_bnn import files
from hw_bnn.config import ExperimentConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.study.single import commits, folders, train_and_measure
from hw_bnn.training import loop


def experiment(**train: object) -> ExperimentConfig:
    return ExperimentConfig.model_validate(
        {
            "data": {"name": "digits"},
            "model": {"hidden": [8]},
            "train": {"epochs": 1, "batch_size": 50, **train},
            "build": {"fpga_part": "xc7z020clg400-1"},
        }
    )


def run(folder: Path, commit: str = "aaa", **changes: object) -> dict[str, object]:
    return train_and_measure(experiment(**changes), folder, None, "cpu", commit)


def stamps(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_run_keeps_the_commit_that_made_it(tmp_path):
    row = run(tmp_path / "0")
    for key in ("trained", "measured"):
        assert (row[key]["commit"], row[key]["device"]) == ("aaa", "cpu")
        assert row[key]["versions"]["torch"]
    assert row["trained"]["continued"] is False
    assert run(tmp_path / "0", commit="bbb") == row
    other = run(tmp_path / "1", commit="bbb", seed=1)
    assert commits([row, other]) == {"trained": ["aaa", "bbb"], "measured": ["aaa", "bbb"]}


@pytest.mark.parametrize("kept", [True, False])
def test_a_run_that_was_not_measured_is_not_trained_again(tmp_path, kept):
    folder = tmp_path / "0"
    before = run(folder)
    path, begun = folder / "measured.json", tmp_path / "0.json"
    path.write_text("{}")
    if not kept:  # an earlier version did not keep it
        begun.unlink()
    times = stamps(folder)
    after = run(folder, commit="bbb")
    trained = before["trained"] if kept else None
    measured = {**before["measured"], "commit": "bbb"}
    assert after == {**before, "trained": trained, "measured": measured}
    assert commits([after])["trained"] == ["aaa" if kept else None]
    assert stamps(folder) == {**times, path: path.stat().st_mtime_ns}


def test_a_run_that_was_interrupted_has_the_conditions_of_the_last_call(tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop.checkpoints, "save", stop)
        run(tmp_path / "0")
    assert files.read_json(tmp_path / "0.json")["commit"] == "aaa"
    row = run(tmp_path / "0", commit="bbb")
    assert (row["trained"]["commit"], row["trained"]["continued"]) == ("bbb", False)
    metrics = files.read_json(tmp_path / "0" / "metrics.json")
    assert row["seconds"] == pytest.approx(metrics["epochs"][0]["seconds"], abs=0.05)


def test_a_refused_call_leaves_the_conditions_of_what_it_met(tmp_path, monkeypatch):
    saved = loop.checkpoints.save

    def save(state, out):
        if state.epoch == 2:
            raise KeyboardInterrupt
        saved(state, out)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop.checkpoints, "save", save)
        run(tmp_path / "0", epochs=2)
    kept = stamps(tmp_path / "0"), files.read_json(tmp_path / "0.json")
    with pytest.raises(HwBnnError, match="learning_rate"):
        run(tmp_path / "0", commit="bbb", epochs=2, learning_rate=0.1)
    assert (stamps(tmp_path / "0"), files.read_json(tmp_path / "0.json")) == kept
    (tmp_path / "1").write_text("a file in the way")
    with pytest.raises(HwBnnError, match="is a file"):
        run(tmp_path / "1")
    assert not (tmp_path / "1.json").exists()


def test_a_diverged_run_is_a_result(tmp_path):
    row = run(tmp_path, learning_rate=1e38)
    assert row["diverged"] is True
    assert row["reason"].startswith("train.learning_rate: the loss is")
    assert row["trained"]["commit"] == "aaa"
    assert commits([row]) == {"trained": ["aaa"], "measured": []}
    kept = stamps(tmp_path)
    assert run(tmp_path, commit="bbb", learning_rate=1e38) == row
    assert stamps(tmp_path) == kept
    with pytest.raises(HwBnnError, match="another configuration diverged there"):
        run(tmp_path, learning_rate=1e37)


def test_what_has_ended_is_found_under_another_name(tmp_path):
    ended = tmp_path / "runs" / "a" / "0"
    run(ended)
    files.write_json(
        tmp_path / "runs" / "b" / "0" / "config.json", experiment(crop=1).model_dump(mode="json")
    )  # begun, not ended
    (tmp_path / "runs" / "c" / "0").mkdir(parents=True)
    (tmp_path / "runs" / "c" / "0" / "measured.json").write_text("{}")  # of nobody knows what
    wanted = {
        ("new name", 0): experiment(),
        ("a", 0): experiment(crop=2),
        ("other", 0): experiment(crop=1),
        ("new name", 1): experiment(seed=1),
    }
    assert folders(tmp_path, wanted) == {
        ("new name", 0): ended,
        ("a", 0): ended,
        ("other", 0): tmp_path / "runs" / "other" / "0",
        ("new name", 1): tmp_path / "runs" / "new name" / "1",
    }
