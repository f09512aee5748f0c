# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
import torch

from hw_bnn.config import CnvConfig, ModelConfig, ThresholdConfig
from hw_bnn.nn.models import build_model
from hw_bnn.study.measure import EDGES, histogram, measure

RANDOM = np.random.default_rng(0)


def test_bins_are_half_open_and_the_outer_ones_hold_the_rest():
    found = histogram(torch.tensor([-9.0, -4.0, -0.5, -0.26, -0.25, 4.0, 9.0, 3.75]))
    place = {round(left, 2): share for left, share in zip(EDGES[:-1], found, strict=True)}
    assert {left: share for left, share in place.items() if share} == {
        -4.0: 0.25,
        -0.5: 0.25,
        -0.25: 0.125,
        3.75: 0.375,
    }


@pytest.mark.parametrize("shift", [-0.5, 0.0, 0.75])
def test_plus_ones_are_the_pre_activations_from_the_threshold_on(shift):
    threshold = ThresholdConfig(policy="shift", shift=shift)
    model = build_model(ModelConfig(hidden=[16, 8], threshold=threshold), (1, 5, 5), 3)
    layers = measure(model, RANDOM.integers(0, 256, (40, 1, 5, 5), dtype=np.uint8), 2)
    assert [layer.name for layer in layers] == ["4", "7"]  # not "1", which binarises the input
    for layer in layers:
        above = sum(h for h, left in zip(layer.histogram, EDGES[:-1], strict=True) if left >= shift)
        assert 0 < layer.share_of_plus_one < 1
        assert layer.share_of_plus_one == pytest.approx(above, abs=1e-4)
        assert layer.threshold == [shift] * 3


@pytest.mark.parametrize(
    ("policy", "t"),
    [
        ("zero", [0.0] * 3),
        ("static_asd", [-0.5] * 3),
        ("dynamic_asd", None),
        ("learned", [0.0] * 3),
    ],
)
def test_thresholds_of_convolutions(policy, t):
    config = CnvConfig(channels=[[4]], hidden=[], threshold=ThresholdConfig(policy=policy))
    model = build_model(config, (3, 6, 6), 3).train()
    (layer,) = measure(model, RANDOM.integers(0, 256, (4, 3, 6, 6), dtype=np.uint8), 1)
    assert layer.threshold == t
    assert sum(layer.histogram) == pytest.approx(1, abs=1e-4)


def test_entropy_is_that_of_channels_not_of_the_pooled_share():
    model = build_model(ModelConfig(hidden=[8]), (1, 5, 5), 3)
    with torch.no_grad():
        model[3].bias.copy_(torch.tensor([100.0, -100.0] * 4))  # half always +1, half always -1
    images = RANDOM.integers(0, 256, (40, 1, 5, 5), dtype=np.uint8)
    (layer,) = measure(model, images, 1)
    assert (layer.share_of_plus_one, layer.entropy) == (0.5, 0.0)
