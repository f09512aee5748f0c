# SPDX-License-Identifier: BSD-3-Clause
"""Random changes to training images that keep their class."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (torch's own habit)


def augment(images: Tensor, generator: torch.Generator, *, flip: bool, crop: int) -> Tensor:
    """Mirror and move each image at random.

    Args:
        images: uint8 [N, C, H, W].
        generator: source of all that is random; not used if nothing is to be done.
        flip: mirror left to right with probability 1/2.
        crop: largest distance in pixels, in each direction; what moves in is 0. It equals a random
            crop of the image with `crop` pixels of 0 around it.

    Returns:
        uint8 [N, C, H, W].
    """
    if flip:
        mirrored = torch.rand(len(images), generator=generator) < 0.5
        images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    if crop:
        count, _, height, width = images.shape
        top, left = torch.randint(2 * crop + 1, (2, count, 1), generator=generator)
        rows = (top + torch.arange(height))[:, :, None]
        columns = (left + torch.arange(width))[:, None, :]
        which = torch.arange(count)[:, None, None]
        images = F.pad(images, [crop] * 4)[which, :, rows, columns].permute(0, 3, 1, 2)
    return images
