# SPDX-License-Identifier: BSD-3-Clause
"""Small runs of training, and ways to stop them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

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


def draw_folder(folder: Path, train: int, val: int) -> None:
    """Write noisy 16 x 16 pictures of two shapes, every other one as JPEG."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:16, :16] - 7.5
    shapes = {"disc": rows**2 + columns**2 < 30, "square": abs(rows) + abs(columns) > 12}
    for split, count in (("train", train), ("val", val)):
        for name, shape in shapes.items():
            place = folder / split / name
            place.mkdir(parents=True)
            for index in range(count):
                picture = 150 * shape[:, :, None] + random.integers(0, 100, (16, 16, 3))
                file = place / f"{index}{('.png', '.JPEG')[index % 2]}"
                Image.fromarray(picture.astype(np.uint8)).save(file)
