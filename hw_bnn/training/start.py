# SPDX-License-Identifier: BSD-3-Clause
"""Networks that a training starts with: its own, with given weights perhaps, and its teacher."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from hw_bnn.config import ExperimentConfig
from hw_bnn.data import Dataset
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.models import build_model
from hw_bnn.training.run import Trained, load_trained

_STORED = "parametrizations.weight.original"
"""Where a layer with a weight method has what other layers call weight."""


def new_model(config: ExperimentConfig, dataset: Dataset) -> nn.Module:
    """Build the network with weights drawn by the recipe's seed; torch's own generators stay."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.train.seed)
        return build_model(config.model, dataset.image_shape, dataset.classes)


def take_weights(model: nn.Module, folder: Path) -> None:
    """Start from the network that was trained in `folder`.

    The two may differ in their methods: what only the new one has, it keeps. So a network with
    a weight method can start from one without.

    Raises:
        HwBnnError: there is no finished training, or a parameter of it has no place here.
    """
    given = _trained("train.initial", folder).model.state_dict()
    found = {_plain(name): value for name, value in given.items()}
    places = {_plain(name): value for name, value in model.state_dict().items()}
    for name, value in found.items():
        if name not in places or places[name].shape != value.shape:
            here = list(places[name].shape) if name in places else "none"
            raise HwBnnError(
                f"train.initial: {folder} has {name} of shape {list(value.shape)}, this network"
                f" {here}; must be a training of the same layers"
            )
    with torch.no_grad():
        for name, value in found.items():
            places[name].copy_(value)


def _trained(key: str, folder: Path) -> Trained:
    """Return the training in a folder; what is wrong with it is wrong with the key."""
    try:
        return load_trained(folder)
    except HwBnnError as error:
        raise HwBnnError(f"{key}: {error}") from None


def _plain(name: str) -> str:
    return name.replace(_STORED, "weight")


def load_teacher(folder: Path, dataset: Dataset) -> nn.Module:
    """Return the network that was trained in `folder`, in eval mode and without gradients.

    Raises:
        HwBnnError: there is no finished training, or it is of other images or classes.
    """
    teacher = _trained("train.distillation.teacher", folder)
    has = (teacher.data_config.name, teacher.image_shape, teacher.classes)
    wants = (dataset.name, dataset.image_shape, dataset.classes)
    if has != wants:
        raise HwBnnError(
            f"train.distillation.teacher: {folder} was trained on {has[0]}, images {list(has[1])}"
            f" of {has[2]} classes; must be {wants[0]}, {list(wants[1])} and {wants[2]}"
        )
    return teacher.model.requires_grad_(False)
