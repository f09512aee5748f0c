# SPDX-License-Identifier: BSD-3-Clause
"""What a checkpoint is refused for, and what it keeps."""

from __future__ import annotations

import pytest
import torch

from hw_bnn.errors import HwBnnError
from hw_bnn.training import checkpoint, load_trained, train
from tests.training.runs import (
    StoppedError,
    experiment,
    stop_after,
)


def test_a_checkpoint_from_before_a_setting_has_its_default(tmp_path):
    config = experiment(epochs=1)
    metrics = train(config, tmp_path)
    state = checkpoint.load(tmp_path)
    del (
        state.config["train"]["crop"],
        state.config["model"]["weights"],
        state.config["model"]["kind"],
    )
    checkpoint.save(state, tmp_path)
    assert train(config, tmp_path) == metrics
    assert load_trained(tmp_path).model_config == config.model
    with pytest.raises(HwBnnError, match=r"train.crop 0 there, 1 here"):
        train(experiment(epochs=1, crop=1), tmp_path)


def test_checkpoint_of_another_configuration_is_refused(tmp_path):
    train(experiment(epochs=1), tmp_path)
    other = experiment(epochs=1, learning_rate=0.02)
    with pytest.raises(
        HwBnnError, match=r"train.learning_rate 0.03 there, 0.02 here.*choose another --out"
    ):
        train(other, tmp_path)
    assert load_trained(tmp_path).train_config.learning_rate == 0.03


@pytest.mark.parametrize("damage", ["truncated", "flipped", "text", "other content"])
def test_damaged_checkpoint_is_refused(tmp_path, damage):
    config = experiment(epochs=1)
    train(config, tmp_path)
    path = tmp_path / "checkpoint.pt"
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        content[len(content) // 2] ^= 1  # in the data of a tensor
    elif damage == "text":
        content = bytearray(b"not a checkpoint")
    path.write_bytes(content)
    if damage == "other content":
        torch.save({"weights": torch.zeros(3)}, path)
    for action in (lambda: train(config, tmp_path), lambda: load_trained(tmp_path)):
        with pytest.raises(HwBnnError, match=r"checkpoint.pt: damaged or not a checkpoint"):
            action()


@pytest.mark.parametrize("part", ["model", "optimizer", "chosen_model"])
def test_checkpoint_that_does_not_fit_its_configuration_is_refused(tmp_path, part):
    config = experiment(epochs=2)
    with pytest.raises(StoppedError):
        train(config, tmp_path, progress=stop_after(2))
    state = checkpoint.load(tmp_path)
    getattr(state, part).popitem()
    if part == "chosen_model":
        state.epoch = 2
    checkpoint.save(state, tmp_path)
    actions = [lambda: train(config, tmp_path)]
    if part == "chosen_model":
        actions.append(lambda: load_trained(tmp_path))
    for action in actions:
        with pytest.raises(HwBnnError, match=r"checkpoint.pt: does not fit its own configuration"):
            action()


def test_another_number_of_images_is_refused(tmp_path):
    """They would be split anew, and held-out images trained on."""
    with pytest.raises(StoppedError):
        train(experiment(), tmp_path, progress=stop_after(1))
    state = checkpoint.load(tmp_path)
    assert state.images == 1433
    state.images = 1432
    checkpoint.save(state, tmp_path)
    with pytest.raises(HwBnnError, match="made with 1432 training images, the data have 1433"):
        train(experiment(), tmp_path)


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    class Payload:
        def __reduce__(self):
            return (print, ("run",))

    torch.save(Payload(), tmp_path / "checkpoint.pt")
    with pytest.raises(HwBnnError, match="damaged or not a checkpoint"):
        train(experiment(), tmp_path)


def test_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(HwBnnError, match=r"checkpoint.pt: no such file; train first"):
        load_trained(tmp_path)
