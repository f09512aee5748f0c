# SPDX-License-Identifier: BSD-3-Clause
"""Random changes to training images that keep their class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (torch's own habit)

if TYPE_CHECKING:
    from hw_bnn.config_train import AffineConfig


class Moves(NamedTuple):
    """What happens to each image of a batch. Drawn on the CPU: the same on every device."""

    mirrored: Tensor | None
    """bool [N]."""
    corner: Tensor | None
    """int64 [2, N]: row and column, in 0..2 crop, where the image's crop starts."""
    crop: int
    matrix: Tensor | None
    """float32 [N, 2, 3]: the place in the image of what is seen at a place (x, y, 1), both from
    the middle, in units of half a side."""

    def part(self, own: slice) -> Moves:
        """Return the moves of some of the images."""
        return Moves(
            None if self.mirrored is None else self.mirrored[own],
            None if self.corner is None else self.corner[:, own],
            self.crop,
            None if self.matrix is None else self.matrix[own],
        )


def draw(
    count: int,
    generator: torch.Generator,
    *,
    flip: bool,
    crop: int,
    affine: AffineConfig | None = None,
) -> Moves:
    """Draw how to mirror and move each image.

    Args:
        count: of images.
        generator: source of all that is random; not used if nothing is to be done.
        flip: mirror left to right with probability 1/2.
        crop: largest distance in pixels, in each direction; what moves in is 0. It equals a random
            crop of the image with `crop` pixels of 0 around it.
        affine: how far to rotate, move, scale and shear it.
    """
    mirrored = torch.rand(count, generator=generator) < 0.5 if flip else None
    corner = torch.randint(2 * crop + 1, (2, count), generator=generator) if crop else None
    matrix = None if affine is None else _matrix(count, generator, affine)
    return Moves(mirrored, corner, crop, matrix)


def _matrix(count: int, generator: torch.Generator, affine: AffineConfig) -> Tensor:
    """Draw Moves.matrix, each number uniformly: a rotation, scaled, and sheared."""
    turn, shear, width, height, x, y = torch.rand(6, count, generator=generator) * 2 - 1
    turn = turn * math.radians(affine.degrees)
    cosine, sine = turn.cos(), turn.sin()
    width, height = 1 + width * affine.scale, 1 + height * affine.scale
    slant = (shear * math.radians(affine.shear)).tan()
    return torch.stack([
        torch.stack([cosine / width, slant - sine / width, 2 * affine.translate * x], 1),
        torch.stack([sine / height, cosine / height, 2 * affine.translate * y], 1),
    ], 1)  # fmt: skip


def augment(images: Tensor, moves: Moves) -> Tensor:
    """Mirror, move and transform uint8 images [N, C, H, W], on the device where they lie.

    Behind an affine move, pixels are interpolated between their four neighbours; what moves in
    is 0.
    """
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
    if moves.matrix is not None:
        height, width = images.shape[2:]
        sides = torch.tensor([[1, height / width, 1], [width / height, 1, 1]])
        grid = F.affine_grid(
            (moves.matrix * sides).to(device), [*images.shape], align_corners=False
        )
        seen = F.grid_sample(images.float(), grid, align_corners=False)
        images = seen.round().to(torch.uint8)
    return images
