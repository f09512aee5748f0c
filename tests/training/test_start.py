# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import dataclasses
import shutil

import pytest
import torch

from hw_bnn.config import ExperimentConfig
from hw_bnn.data import load
from hw_bnn.errors import HwBnnError
from hw_bnn.training import load_trained, start, train
from tests.training.runs import assert_same_weights


def experiment(model=None, **recipe) -> ExperimentConfig:
    return ExperimentConfig.model_validate(
        {
            "data": {"name": "digits"},
            "model": {"hidden": [12], **(model or {})},
            "train": {"epochs": 1, **recipe},
            "build": {"fpga_part": "xc7z020clg400-1"},
        }
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    train(experiment(epochs=6, learning_rate=0.03), folder)
    return folder


def test_a_network_with_a_weight_method_starts_from_one_without(trained):
    model = start.new_model(experiment({"weights": {"method": "wsd"}}), load("digits"))
    start.take_weights(model, trained)
    expected = load_trained(trained).model.state_dict()
    found = model.state_dict()
    for name, value in expected.items():
        name = (
            name.replace("weight", "parametrizations.weight.original")
            if (name in ("2.weight", "5.weight"))
            else name
        )
        assert torch.equal(found.pop(name), value), name
    assert {name.rpartition(".")[2] for name in found} == {"a"}


def test_two_stages_with_a_real_teacher(tmp_path):
    """Binary weights start from the real ones of the first stage, all three networks residual."""
    shape = {"kind": "resnet", "stages": [4, 6], "blocks": 1}

    def trained(name, model, **recipe):
        values = experiment(batch_size=700, **recipe).model_dump()
        config = ExperimentConfig.model_validate({**values, "model": {**shape, **model}})
        train(config, tmp_path / name)

    trained("teacher", {"binary": "none"})
    taught = {"distillation": {"teacher": tmp_path / "teacher"}}
    trained("first", {"binary": "activations"}, **taught)
    trained(
        "second",
        {"weights": {"method": "wsd", "clip": False}},
        initial=tmp_path / "first",
        learning_rate=1e-9,
        **taught,
    )
    real = load_trained(tmp_path / "first").model[4].conv
    binary = load_trained(tmp_path / "second").model[4].conv
    torch.testing.assert_close(binary.latent(), real.weight, atol=1e-6, rtol=0)
    assert set(binary.signs().unique().tolist()) == {-1.0, 1.0}


def test_another_topology_is_refused(trained):
    config = experiment({"hidden": [13]}, initial=trained)
    with pytest.raises(HwBnnError, match=r"2.weight of shape \[12, 64\], this network \[13, 64\]"):
        train(config, trained.parent / "other")
    deeper = start.new_model(experiment({"hidden": [12, 12]}), load("digits"))
    with pytest.raises(HwBnnError, match="must be a training of the same layers"):
        start.take_weights(deeper, trained)


def test_the_given_weights_are_where_training_starts(trained, tmp_path):
    train(experiment(initial=trained, learning_rate=1e-9), tmp_path)
    expected, found = (load_trained(run).model.state_dict() for run in (trained, tmp_path))
    torch.testing.assert_close(found["2.weight"], expected["2.weight"], atol=1e-6, rtol=0)


def test_a_missing_run_is_refused(tmp_path):
    missing = tmp_path / "x"
    for key, recipe in (
        ("train.initial", {"initial": missing}),
        ("train.distillation.teacher", {"distillation": {"teacher": missing}}),
    ):
        with pytest.raises(HwBnnError, match=f"^{key}: .*x/checkpoint.pt: no such file; train"):
            train(experiment(**recipe), tmp_path / "run")


def test_a_teacher_of_other_images_is_refused(trained):
    digits = load("digits")
    wide = dataclasses.replace(digits, train_images=digits.train_images.repeat(2, 3))
    with pytest.raises(
        HwBnnError, match=r"\[1, 8, 8\] of 10 classes; must be digits, \[1, 8, 16\]"
    ):
        start.load_teacher(trained, wide)
    with pytest.raises(HwBnnError, match=r"trained on digits, .*; must be letters, "):
        start.load_teacher(trained, dataclasses.replace(digits, name="letters"))


@pytest.mark.parametrize("key", ["teacher", "initial"])
def test_a_training_that_was_learned_from_is_told_by_its_weights(trained, tmp_path, key):
    def learning(source):
        recipe = {"distillation": {"teacher": source}} if key == "teacher" else {"initial": source}
        return experiment(epochs=2, **recipe)

    source, moved = tmp_path / "source", tmp_path / "moved"
    shutil.copytree(trained, source)
    run = tmp_path / "run"
    train(learning(source), run, until=1)
    source.rename(moved)
    train(learning(moved), tmp_path / "whole")
    shutil.rmtree(source, ignore_errors=True)
    other = tmp_path / "other"
    train(experiment(epochs=1, seed=8), other)
    with pytest.raises(HwBnnError, match=rf"{key} .*source \(sha256 .*other \(sha256 .* here\)"):
        train(learning(other), run)
    shutil.copytree(other, source)
    with pytest.raises(HwBnnError, match="another configuration"):  # the same folder as before
        train(learning(source), run)
    shutil.rmtree(source)
    finished = train(learning(moved), run)
    assert_same_weights(run, tmp_path / "whole")
    shutil.rmtree(moved)
    assert train(learning(moved), run) == finished  # only read


def test_a_teacher_helps_where_labels_are_wrong(trained, tmp_path, monkeypatch):
    """The labels are shuffled away; all that is learned comes from the teacher."""
    digits = load("digits")
    object.__setattr__(digits, "train_labels", digits.train_labels[::-1].copy())
    monkeypatch.setattr("hw_bnn.data.load", lambda *_: digits)
    keys = {"epochs": 6, "learning_rate": 0.03, "validation_fraction": 0.0}
    taught = {"distillation": {"teacher": trained}}
    with_teacher = train(experiment(**keys, **taught), tmp_path / "with")["test"]["accuracy"]
    without = train(experiment(**keys), tmp_path / "without")["test"]["accuracy"]
    assert without < 0.3
    assert with_teacher > 0.4
