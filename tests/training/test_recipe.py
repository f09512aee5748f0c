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
    ("keys", "factors"),
    [
        ({}, [1.0, 0.5 + math.sqrt(0.125), 0.5, 0.0]),
        ({"schedule": "step"}, [1.0, 1.0, 0.1, 0.01]),
        ({"schedule": "linear"}, [1.0, 0.75, 0.5, 0.0]),
        (
            {"schedule": "step", "milestones": [0.2, 0.25, 0.6], "factor": 0.5},
            [1.0, 0.25, 0.25, 0.125],
        ),
        ({"schedule": "step", "epochs": 10, "warmup_epochs": 5}, [0.0, 0.5, 0.1, 0.01]),
        ({"epochs": 8, "warmup_epochs": 4}, [0.0, 0.5 * (0.5 + math.sqrt(0.125)), 0.5, 0.0]),
    ],
)
def test_learning_rate(keys, factors):
    config = TrainConfig(**keys)
    found = [recipe.learning_rate_factor(config, share) for share in (0.0, 0.25, 0.5, 1.0)]
    assert found == pytest.approx(factors, abs=1e-12)


def test_powers_of_a_tenth_are_the_nearest_numbers():
    assert recipe.learning_rate_factor(TrainConfig(schedule="step"), 0.9) == 0.01


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"momentum": 0.5}, 'momentum is 0.5: must be left out with optimiser "adam"'),
        ({"milestones": [0.3]}, r'milestones is \[0.3\]: must be left out with schedule "cosine"'),
        ({"schedule": "step", "milestones": [0.5, 0.3]}, "must rise from one to the next"),
        ({"epochs": 3, "warmup_epochs": 3}, "warmup_epochs is 3: must be less than the 3 epochs"),
        ({"batch_size": 5, "accumulate": 3}, "accumulate is 3: must leave 2 of the 5 images"),
        (
            {"loss": "squared_hinge", "distillation": {"teacher": "x"}},
            'distillation is given: must be left out with loss "squared_hinge"',
        ),
    ],
)
def test_keys_that_do_not_go_together_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**keys)
