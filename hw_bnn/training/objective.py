# SPDX-License-Identifier: BSD-3-Clause
"""What training makes small: the loss of the labels, of a teacher, of the weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (torch's own habit)

from hw_bnn.config import TrainConfig
from hw_bnn.nn.layers import BinaryWeights
from hw_bnn.nn.weights import kurtosis_loss


class Objective:
    """(1 - weight) loss(labels) + weight distillation(teacher) + kurtosis_weight kurtosis_loss.

    Args:
        config: the recipe.
        layers: whose latent weights the kurtosis is taken of.
        teacher: network in eval mode, if the recipe has one.
    """

    def __init__(
        self, config: TrainConfig, layers: list[BinaryWeights], teacher: nn.Module | None
    ) -> None:
        self.config = config
        self.layers = layers
        self.teacher = teacher

    def __call__(self, network: nn.Module, x: Tensor, labels: Tensor) -> Tensor:
        """Mean over the images x, float32 [N, C, H, W], labels int64 [N]."""
        reduced = self.config.precision == "bfloat16"
        with torch.autocast(x.device.type, torch.bfloat16, enabled=reduced):
            logits = network(x)
        logits = logits.float()
        value = loss(logits, labels, self.config)
        if self.teacher is not None and self.config.distillation is not None:
            share = self.config.distillation.weight
            with torch.no_grad():
                wanted = self.teacher(x)
            match = distillation_loss(logits, wanted, self.config.distillation.temperature)
            value = (1 - share) * value + share * match
        if self.config.kurtosis_weight:
            latent = [layer.latent() for layer in self.layers]
            spread = kurtosis_loss(latent, self.config.kurtosis_target)
            value = value + self.config.kurtosis_weight * spread
        return value


def loss(logits: Tensor, labels: Tensor, config: TrainConfig) -> Tensor:
    """Mean loss of a batch; logits [N, classes], labels int64 [N].

    cross_entropy: softmax cross-entropy, with label smoothing if it is set.
    squared_hinge: mean over samples and classes of max(0, 1 - s y)^2, s = +1 for the label's
    class and -1 for the others.
    """
    if config.loss == "cross_entropy":
        return F.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
    sign = 2 * F.one_hot(labels, logits.shape[1]).to(logits.dtype) - 1
    return F.relu(1 - sign * logits).square().mean()


def distillation_loss(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T^2 KL(p || q), p = softmax(teacher / T), q = softmax(logits / T), the mean over images.

    The factor T^2 keeps the size of the gradient when T changes.

    Source: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", 2015,
    arXiv:1503.02531.
    """
    log_q = F.log_softmax(logits / temperature, dim=1)
    log_p = F.log_softmax(teacher / temperature, dim=1)
    divergence = F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    return temperature**2 * divergence
