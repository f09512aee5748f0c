# SPDX-License-Identifier: BSD-3-Clause
"""Random changes to training images that keep their class."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (torch's own habit)


class Moves(NamedTuple):
    """What happens to each image of a batch. Drawn on the CPU: the same on every device."""

    mirrored: Tensor | None
    """bool [N]."""
    corner: Tensor | None
    """int64 [2, N]: row and column, in 0..2 crop, where the image's crop starts."""
    crop: int

    def part(self, own: slice) -> Moves:
        """Return the moves of some of the images."""
        return Moves(
            None if self.mirrored is None else self.mirrored[own],
            None if self.corner is None else self.corner[:, own],
            self.crop,
        )


def draw(count: int, generator: torch.Generator, *, flip: bool, crop: int) -> Moves:
    """Draw how to mirror and move each image.

    Args:
        count: of images.
        generator: source of all that is random; not used if nothing is to be done.
        flip: mirror left to right with probability 1/2.
        crop: largest distance in pixels, in each direction; what moves in is 0. It equals a random
            crop of the image with `crop` pixels of 0 around it.
    """
    mirrored = torch.rand(count, generator=generator) < 0.5 if flip else None
    corner = torch.randint(2 * crop + 1, (2, count), generator=generator) if crop else None
    return Moves(mirrored, corner, crop)


def augment(images: Tensor, moves: Moves) -> Tensor:
    """Mirror and move uint8 images [N, C, H, W], on the device where they lie."""
    device = images.device
    if moves.mirrored is not None:
        mirrored = moves.mirrored.to(device)
        images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    if moves.corner is not None:
        count, _, height, width = images.shape
        top, left = moves.corner.to(device)[:, :, None]
        rows = (top + torch.arange(height, device=device))[:, :, None]
        columns = (left + torch.arange(width, device=device))[:, None, :]
        which = torch.arange(count, device=device)[:, None, None]
        wide = F.pad(images, [moves.crop] * 4)
        images = wide[which, :, rows, columns].permute(0, 3, 1, 2)
    return images
