# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from hw_bnn.config import CnvConfig, ExperimentConfig
from hw_bnn.nn.models import build_model
from hw_bnn.training import tensorboard, train


class StoppedError(Exception):
    pass


def stop(_line, done, total):
    if 3 * done == total:
        raise StoppedError


def experiment() -> ExperimentConfig:
    return ExperimentConfig.model_validate(
        {
            "data": {"name": "digits"},
            "model": {"hidden": [12, 9], "threshold": {"policy": "shift", "shift": -0.5}},
            "train": {"epochs": 3},
            "build": {"fpga_part": "xc7z020clg400-1"},
        }
    )


def test_an_interrupted_run_has_each_epoch_once(tmp_path):
    with pytest.raises(StoppedError):
        train(experiment(), tmp_path, progress=stop, tensorboard=True)
    metrics = train(experiment(), tmp_path, tensorboard=True)
    found = EventAccumulator(str(tmp_path / "tensorboard"), {"tensors": 0}).Reload()
    for key in ("loss", "validation_accuracy", "learning_rate", "images_per_second"):
        events = found.Scalars(key)
        assert [event.step for event in events] == [1, 2, 3]
        values = [epoch[key] for epoch in metrics["epochs"]]
        assert [event.value for event in events] == pytest.approx(values, rel=1e-6)
    assert len(found.Tags()["histograms"]) == 3
    histogram = found.Histograms("pre-activations/7")[-1].histogram_value
    assert histogram.num == 200 * 9  # the 143 held-out images and some more
    assert found.Tags()["images"] == ["thresholds"]
    assert train(experiment(), tmp_path, tensorboard=True) == metrics


@pytest.mark.parametrize(
    ("policy", "threshold"),
    [
        ("zero", 0.0),
        ("shift", 0.25),
        ("balanced", 0.0),
        ("static_asd", -0.5),
        ("dynamic_asd", None),
    ],
)
def test_pre_activations_and_thresholds(policy, threshold):
    shift = 0.25 if policy == "shift" else 0.0
    config = CnvConfig.model_validate(
        {"channels": [[4]], "hidden": [5], "threshold": {"policy": policy, "shift": shift}}
    )
    model = build_model(config, (1, 6, 6), 10)
    images = torch.randint(256, (7, 1, 6, 6), dtype=torch.uint8)
    given = []
    model[1].norm.register_forward_hook(lambda _m, _x, y: given.append(y))
    first, last = tensorboard.pre_activations(model, images).values()
    assert torch.equal(first.values, given[0].flatten())
    assert (first.values.shape, last.values.shape) == ((7 * 4 * 16,), (7 * 5,))
    if threshold is None:
        assert first.threshold is None
    else:
        assert set(first.threshold.flatten().tolist()) == {threshold}
    figure = tensorboard.picture({"first": first, "last": last})
    lines = [line.get_xdata()[0] for axis in figure.axes for line in axis.lines]
    assert lines == ([] if threshold is None else [threshold] * 2)


def test_a_network_without_binary_activations_has_curves_alone(tmp_path):
    record = {"epoch": 1, "loss": 0.5, "validation_accuracy": None}
    with tensorboard.Board(tmp_path, 0, 1) as board:
        speed = {"learning_rate": 0.1, "images_per_second": 9.0}
        board.record({**record, **speed}, nn.Flatten(), torch.zeros(2, 1, 6, 6, dtype=torch.uint8))
    found = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.value for event in found.Scalars("loss")] == [0.5]
    assert found.Tags()["images"] == []
