# SPDX-License-Identifier: BSD-3-Clause
"""Loading a finished training run."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from torch import nn

from hw_bnn import files
from hw_bnn.config import ExperimentConfig, validate
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.models import build_model
from hw_bnn.training import checkpoint as checkpoints


def load_trained(run: Path) -> tuple[nn.Module, ExperimentConfig]:
    """Return the chosen network of a finished run, in eval mode, and its configuration.

    Raises:
        HwBnnError: there is no run, it is not finished, or a file of it is damaged.
    """
    path = run / checkpoints.FILE
    state = checkpoints.load(run)
    if state is None:
        raise HwBnnError(f"{path}: no such file; train first with this folder as --out")
    config = validate(
        ExperimentConfig, files.read_json(run / "config.json"), str(run / "config.json")
    )
    checkpoints.require_same(state, config, run)
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
    return model.eval(), config
