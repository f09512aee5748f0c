# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from hw_bnn.config import TrainConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.training import recipe


def test_network_input_is_the_correctly_rounded_quotient():
    pixels = np.arange(256, dtype=np.uint8).reshape(2, 2, 8, 8)
    expected = np.float32(pixels) / np.float32(255)
    np.testing.assert_array_equal(recipe.network_input(torch.from_numpy(pixels)).numpy(), expected)


def test_split_is_disjoint_complete_and_drawn_by_the_seed():
    config = TrainConfig(validation_fraction=0.25, seed=1)
    train, held_out = recipe.split(40, config)
    assert (len(train), len(held_out)) == (30, 10)
    assert sorted(torch.cat([train, held_out]).tolist()) == list(range(40))
    assert torch.equal(recipe.split(40, config)[1], held_out)
    other = config.model_copy(update={"seed": 2})
    assert not torch.equal(recipe.split(40, other)[1], held_out)
    assert len(recipe.split(40, config.model_copy(update={"validation_fraction": 0.0}))[1]) == 0
    assert len(recipe.split(40, config.model_copy(update={"validation_fraction": 1e-6}))[1]) == 1


def test_split_that_leaves_too_little_is_refused():
    with pytest.raises(HwBnnError, match=r"validation_fraction: 0.99 of 40 .* leaves 0 "):
        recipe.split(40, TrainConfig(validation_fraction=0.99))


def test_batches_are_a_shuffled_partition_without_the_rest():
    indices = torch.arange(100, 123)
    generator = torch.Generator().manual_seed(0)
    first = list(recipe.batches(indices, 5, generator))
    second = list(recipe.batches(indices, 5, generator))
    assert [len(batch) for batch in first] == [5, 5, 5, 5]
    seen = torch.cat(first).tolist()
    assert len(set(seen)) == 20
    assert set(seen) <= set(indices.tolist())
    assert torch.cat(second).tolist() != seen
    (only,) = recipe.batches(indices, 50, generator)
    assert sorted(only.tolist()) == indices.tolist()


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [("cosine", [1.0, 0.5 + math.sqrt(0.125), 0.5, 0.0]), ("step", [1.0, 1.0, 0.1, 0.01])],
)
def test_learning_rate(schedule, factors):
    found = [recipe.learning_rate_factor(schedule, share) for share in (0.0, 0.25, 0.5, 1.0)]
    assert found == pytest.approx(factors, abs=1e-12)


def test_losses_by_hand():
    logits, labels = torch.tensor([[2.0, 0.5, -3.0]]), torch.tensor([1])
    hinge = recipe.loss(logits, labels, TrainConfig(loss="squared_hinge"))
    assert hinge.item() == pytest.approx((3.0**2 + 0.5**2 + 0.0) / 3)
    exponentials = [math.exp(2.0), math.exp(0.5), math.exp(-3.0)]
    plain = -math.log(exponentials[1] / sum(exponentials))
    assert recipe.loss(logits, labels, TrainConfig()).item() == pytest.approx(plain)
    smooth = recipe.loss(logits, labels, TrainConfig(label_smoothing=0.3)).item()
    mean = sum(-math.log(e / sum(exponentials)) for e in exponentials) / 3
    assert smooth == pytest.approx(0.7 * plain + 0.3 * mean)
