# SPDX-License-Identifier: BSD-3-Clause
"""Accuracy of a network, in eval mode and float32."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hw_bnn.training import recipe
from hw_bnn.training.images import Images
from hw_bnn.training.world import World

_BATCH = 1000
_VALUES = 2**24
"""At most so many images, and pixels of all their channels, at a time."""


def accuracy(
    model: nn.Module, images: Images, labels: Tensor, places: Tensor, world: World
) -> tuple[int, float]:
    """Count the correctly classified images, and their share.

    Args:
        model: takes float32 [N, C, H, W], gives logits [N, classes]; on the world's device.
        images: of a split.
        labels: of the split, int64, on the world's device.
        places: which of them, int64 [N]; each process takes its part.
        world: the processes that count together.
    """
    model.eval()
    own = places[world.part(len(places))]
    batch = min(_BATCH, max(1, _VALUES // math.prod(images.shape[1:])))
    parts = [own[start : start + batch] for start in range(0, len(own), batch)]
    correct = torch.zeros((), dtype=torch.int64, device=world.device)
    with torch.no_grad():
        for place, pixels in zip(parts, images.batches(parts), strict=True):
            logits = model(recipe.network_input(pixels.to(world.device)))
            correct += (logits.argmax(1) == labels[place.to(world.device)]).sum()
    total = int(world.sum(correct))
    return total, total / len(places)
