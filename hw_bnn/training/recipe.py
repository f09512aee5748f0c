# SPDX-License-Identifier: BSD-3-Clause
"""The parts of a training recipe: split, batches, learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from hw_bnn.config import TrainConfig
from hw_bnn.errors import HwBnnError


def network_input(images: Tensor) -> Tensor:
    """Return float32 pixel/255 of uint8 images [N, C, H, W], the quotient correctly rounded.

    Channels lie innermost in memory, the order in which convolutions are fastest on a CPU.
    """
    divisor = torch.full((), 255.0, device=images.device)  # GPUs take the reciprocal of a number
    return images.to(torch.float32, memory_format=torch.channels_last).div_(divisor)


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


def learning_rate_factor(config: TrainConfig, progress: float) -> float:
    """Factor on the learning rate after a share `progress` in [0, 1) of all steps.

    cosine: (1 + cos(pi progress)) / 2. linear: 1 - progress. step: factor^k, k the milestones that
    are reached.
    While progress is less than w = warmup_epochs / epochs, that times progress / w.
    """
    warmup = config.warmup_epochs / config.epochs
    rise = progress / warmup if progress < warmup else 1.0
    if config.schedule == "cosine":
        return rise * 0.5 * (1.0 + math.cos(math.pi * progress))
    if config.schedule == "linear":
        return rise * (1.0 - progress)
    reached = sum(progress >= milestone for milestone in config.milestones)
    return rise * (1.0 / config.factor) ** -reached  # 10^-2 is nearer to 0.01 than 0.1^2
