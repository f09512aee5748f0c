# SPDX-License-Identifier: BSD-3-Clause
"""Accuracy of a network, in eval mode and float32."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hw_bnn.training import recipe
from hw_bnn.training.world import World

_BATCH = 1000


def accuracy(model: nn.Module, images: Tensor, labels: Tensor, world: World) -> tuple[int, float]:
    """Count the correctly classified images, and their share.

    Args:
        model: takes float32 [N, C, H, W], gives logits [N, classes]; on the world's device.
        images: uint8 [N, C, H, W]; each process takes its part of them.
        labels: int64 [N].
        world: the processes that count together.
    """
    model.eval()
    own = world.part(len(images))
    correct = torch.zeros((), dtype=torch.int64, device=world.device)
    with torch.no_grad():
        for start in range(own.start, own.stop, _BATCH):
            batch = slice(start, min(start + _BATCH, own.stop))
            logits = model(recipe.network_input(images[batch].to(world.device)))
            correct += (logits.argmax(1) == labels[batch].to(world.device)).sum()
    total = int(world.sum(correct))
    return total, total / len(images)
