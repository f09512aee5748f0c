# SPDX-License-Identifier: BSD-3-Clause
"""Small runs of training, and ways to stop them."""

from __future__ import annotations

import torch

from hw_bnn.config import (
    BuildConfig,
    DataConfig,
    ExperimentConfig,
    ModelConfig,
    ThresholdConfig,
    TrainConfig,
)
from hw_bnn.training import load_trained


def experiment(**recipe) -> ExperimentConfig:
    recipe = {"epochs": 4, "batch_size": 100, "learning_rate": 0.03, **recipe}
    return ExperimentConfig(
        data=DataConfig(name="digits"),
        model=ModelConfig(hidden=[24, 16], threshold=ThresholdConfig(policy="shift", shift=-0.5)),
        train=TrainConfig(**recipe),
        build=BuildConfig(fpga_part="xc7z020clg400-1"),
    )


def weights(run):
    return load_trained(run).model.state_dict()


def assert_same_weights(a, b):
    a, b = weights(a), weights(b)
    assert a.keys() == b.keys()
    for key in a:
        assert torch.equal(a[key], b[key]), key


class StoppedError(Exception):
    pass


def stop_after(epoch):
    """Progress that stops a run of 4 epochs there."""

    def progress(_line, done, total):
        if 4 * done == epoch * total:
            raise StoppedError

    return progress


def stop_after_first(_line, _done, _total):
    raise StoppedError
