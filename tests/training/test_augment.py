# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
import torch

from hw_bnn.config_train import AffineConfig
from hw_bnn.training.augment import augment as moved
from hw_bnn.training.augment import draw


def images(count: int) -> torch.Tensor:
    draws = torch.randint(1, 256, (count, 3, 6, 5), generator=torch.Generator().manual_seed(1))
    return draws.to(torch.uint8)


def augment(x, source, *, flip, crop):
    return moved(x, draw(len(x), source, flip=flip, crop=crop))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_nothing_to_do_draws_nothing():
    x, source = images(4), generator()
    before = source.get_state()
    assert augment(x, source, flip=False, crop=0) is x
    assert torch.equal(source.get_state(), before)


def test_about_half_are_mirrored_and_the_rest_is_kept():
    x = images(1000)
    y = augment(x, generator(), flip=True, crop=0)
    mirrored = sum(
        torch.equal(b, torch.from_numpy(np.flip(a.numpy(), 2).copy()))
        for a, b in zip(x, y, strict=True)
    )
    kept = sum(torch.equal(a, b) for a, b in zip(x, y, strict=True))
    assert mirrored + kept == 1000
    assert 450 < mirrored < 550


def test_every_image_moves_by_at_most_the_crop_and_all_moves_occur():
    x = images(600)
    y = augment(x, generator(), flip=False, crop=2)
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    moves = {(dy, dx): 0 for dy in range(-2, 3) for dx in range(-2, 3)}
    for a, b in zip(x.numpy(), y.numpy(), strict=True):
        wide = np.pad(a, [(0, 0), (2, 2), (2, 2)])
        found = [
            (dy, dx)
            for dy, dx in moves
            if np.array_equal(wide[:, 2 + dy : 8 + dy, 2 + dx : 7 + dx], b)
        ]
        assert len(found) == 1
        moves[found[0]] += 1
    assert min(moves.values()) > 5


def affine(x, **most):
    return moved(x, draw(len(x), generator(5), flip=False, crop=0, affine=AffineConfig(**most)))


def test_an_affine_move_of_nothing_keeps_images():
    x = images(5)
    assert torch.equal(affine(x), x)


def test_affine_moves_turn_scale_and_shear_no_further_than_said():
    """Where a bright dot beside the middle lands, of wide images; exact places by a formula."""
    count, height, width = 400, 41, 61
    x = torch.zeros(count, 1, height, width, dtype=torch.uint8)
    x[:, :, 12, 30] = 255  # 8 above the middle (20, 30)
    rows = torch.arange(height)[:, None] - 20.0
    columns = torch.arange(width)[None, :] - 30.0

    def centres(**most):
        y = affine(x, **most)[:, 0].float()
        mass = y.sum((1, 2))
        return (y * rows).sum((1, 2)) / mass, (y * columns).sum((1, 2)) / mass

    up, right = centres(degrees=30)
    assert torch.allclose(torch.hypot(up, right), torch.full((count,), 8.0), atol=0.2)
    assert right.max() == pytest.approx(4, abs=0.3)  # 8 sin 30 degrees
    assert right.min() == pytest.approx(-4, abs=0.3)
    up, right = centres(translate=0.1)
    assert up.min() == pytest.approx(-8 - 4.1, abs=0.3)
    assert up.max() == pytest.approx(-8 + 4.1, abs=0.3)
    assert right.max() == pytest.approx(6.1, abs=0.3)
    up, right = centres(scale=0.5)
    assert up.min() == pytest.approx(-12, abs=0.3)
    assert up.max() == pytest.approx(-4, abs=0.3)
    assert right.abs().max() < 0.1
    up, right = centres(shear=45)
    assert right.max() == pytest.approx(8, abs=0.3)
    assert right.min() == pytest.approx(-8, abs=0.3)
    assert torch.allclose(up, torch.full((count,), -8.0), atol=0.1)


def test_the_generator_decides():
    x = images(50)
    first, second, third = (augment(x, generator(s), flip=True, crop=1) for s in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


def test_a_part_of_a_batch_moves_as_it_does_in_the_whole():
    x = images(20)
    moves = draw(20, generator(), flip=True, crop=2, affine=AffineConfig(degrees=20))
    own = slice(7, 15)
    assert torch.equal(moved(x[own], moves.part(own)), moved(x, moves)[own])


def test_images_move_where_they_lie():
    x = images(3).to("meta")
    assert (
        moved(x, draw(3, generator(), flip=True, crop=1, affine=AffineConfig())).device.type
        == "meta"
    )
