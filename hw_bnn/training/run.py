# SPDX-License-Identifier: BSD-3-Clause
"""Loading a finished training run."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, cast

from torch import nn

from hw_bnn.config import AnyModelConfig, DataConfig, TrainConfig, TrainingSections, validate
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.models import build_model
from hw_bnn.training import checkpoint as checkpoints


class Trained(NamedTuple):
    """A trained network and what it was trained as."""

    model: nn.Module
    """In eval mode; float32 pixel/255 [N, *image_shape] to logits [N, classes]."""
    image_shape: tuple[int, int, int]
    classes: int
    data_config: DataConfig
    model_config: AnyModelConfig
    train_config: TrainConfig


def load_trained(run: Path) -> Trained:
    """Return the chosen network of a finished run.

    Everything comes from the checkpoint: the folder may have moved since.

    Raises:
        HwBnnError: there is no run, it is not finished, or its checkpoint is damaged.
    """
    path = run / checkpoints.FILE
    state = checkpoints.load(run)
    if state is None:
        raise HwBnnError(f"{path}: no such file; train first with this folder as --out")
    config = validate(TrainingSections, state.config, str(path))
    if state.epoch < config.train.epochs:
        raise HwBnnError(
            f"{path}: {state.epoch} of {config.train.epochs} epochs are trained;"
            " run the same training again to finish it"
        )
    shape = cast(tuple[int, int, int], tuple(state.image_shape))
    model = build_model(config.model, shape, state.classes)
    try:
        model.load_state_dict(state.chosen_model)
    except RuntimeError as error:
        raise checkpoints.does_not_fit(run, error) from None
    return Trained(model.eval(), shape, state.classes, config.data, config.model, config.train)
