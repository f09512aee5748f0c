# SPDX-License-Identifier: BSD-3-Clause
"""The parts of a training recipe: split, batches, learning rate, loss."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (torch's own habit)

from hw_bnn.config import TrainConfig
from hw_bnn.errors import HwBnnError


def network_input(images: Tensor) -> Tensor:
    """Return float32 pixel/255 of uint8 images [N, C, H, W], the quotient correctly rounded.

    Channels lie innermost in memory, the order in which convolutions are fastest on a CPU.
    """
    return images.to(torch.float32, memory_format=torch.channels_last).div_(255)


def split(images: int, config: TrainConfig) -> tuple[Tensor, Tensor]:
    """Return the indices of the training and of the held-out images, drawn by the seed.

    Raises:
        HwBnnError: fewer than two images remain to train on.
    """
    order = torch.randperm(images, generator=torch.Generator().manual_seed(config.seed))
    fraction = config.validation_fraction
    held_out = max(1, round(images * fraction)) if fraction else 0
    if images - held_out < 2:
        raise HwBnnError(
            f"train.validation_fraction: {fraction} of {images} images leaves"
            f" {images - held_out} to train on, must leave 2 or more; choose a smaller fraction"
        )
    return order[held_out:], order[:held_out]


def batches_per_epoch(images: int, batch_size: int) -> int:
    """Number of whole batches, or one smaller batch if there is no whole one."""
    return max(1, images // batch_size)


def batches(indices: Tensor, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield one epoch's batches of indices in random order; a rest smaller than a batch waits.

    (A rest of one image would have no variance for batch normalisation.)
    """
    order = indices[torch.randperm(len(indices), generator=generator)]
    for batch in range(batches_per_epoch(len(indices), batch_size)):
        yield order[batch * batch_size : (batch + 1) * batch_size]


def learning_rate_factor(schedule: Literal["cosine", "step"], progress: float) -> float:
    """Factor on the learning rate after a share `progress` in [0, 1) of all steps.

    cosine: (1 + cos(pi progress)) / 2; step: 1, then 1/10 from one half, 1/100 from three quarters.
    """
    if schedule == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * progress))
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


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
