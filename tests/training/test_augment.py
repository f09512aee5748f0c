# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import torch

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


def test_the_generator_decides():
    x = images(50)
    first, second, third = (augment(x, generator(s), flip=True, crop=1) for s in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


def test_a_part_of_a_batch_moves_as_it_does_in_the_whole():
    x = images(20)
    moves = draw(20, generator(), flip=True, crop=2)
    own = slice(7, 15)
    assert torch.equal(moved(x[own], moves.part(own)), moved(x, moves)[own])


def test_images_move_where_they_lie():
    x = images(3).to("meta")
    assert moved(x, draw(3, generator(), flip=True, crop=1)).device.type == "meta"
