# SPDX-License-Identifier: BSD-3-Clause
"""The optimiser of a recipe, and the moving average of what it finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from hw_bnn.config import TrainConfig


def build_optimiser(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """Return Adam, AdamW (decay apart from the gradient) or SGD with momentum.

    With `decay: weights`, parameters of fewer than two axes or of one value per channel (norms,
    thresholds, scales) are a group of their own that does not decay.
    """
    groups = _groups(model, config)
    rate = config.learning_rate
    if config.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=config.momentum, fused=True)
    kind = torch.optim.AdamW if config.optimiser == "adamw" else torch.optim.Adam
    return kind(groups, lr=rate, fused=True)


def _groups(model: nn.Module, config: TrainConfig) -> list[dict[str, object]]:
    decay = config.weight_decay
    parameters = list(model.parameters())
    if not decay or config.decay == "all":
        return [{"params": parameters, "weight_decay": decay}]
    weights = [p for p in parameters if _is_weight(p)]
    others = [p for p in parameters if not _is_weight(p)]
    return [
        {"params": weights, "weight_decay": decay},
        {"params": others, "weight_decay": 0.0},
    ]


def _is_weight(parameter: Tensor) -> bool:
    """Whether it is a matrix or a kernel: more than one value per output."""
    return parameter.dim() > 1 and parameter[0].numel() > 1


class WeightAverage:
    """Exponential moving average v <- d v + (1 - d) w of every parameter, after every step.

    It is taken of latent weights; a layer of the averaged network multiplies by sign(v).

    Args:
        model: whose parameters are followed.
        decay: d; the average reaches back about 1 / (1 - d) steps.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.parameters = dict(model.named_parameters())
        self.values = {name: p.detach().clone() for name, p in self.parameters.items()}

    def restart(self) -> None:
        """Let the average be what the parameters are now."""
        self.load(self.parameters)

    @torch.no_grad()
    def update(self) -> None:
        """Take the parameters as they are now into the average."""
        for name, value in self.values.items():
            value.lerp_(self.parameters[name], 1 - self.decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the model have the averaged parameters for a while."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def load(self, values: Mapping[str, Tensor]) -> None:
        """Go on from stored values.

        Raises:
            KeyError, RuntimeError: they are not those of this model.
        """
        for name, value in self.values.items():
            value.copy_(values[name])

    @torch.no_grad()
    def _swap(self) -> None:
        for name, value in self.values.items():
            parameter = self.parameters[name]
            kept = parameter.clone()
            parameter.copy_(value)
            value.copy_(kept)
