# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest
import torch
from brevitas.core.quant import ClampedBinaryQuant
from brevitas.core.scaling import ConstScaling

from hw_bnn.config import ThresholdConfig
from hw_bnn.nn.layers import BinaryActivation, BinaryLinear
from hw_bnn.nn.quantizers import BinaryTensorQuant
from hw_bnn.nn.surrogates import Clip
from hw_bnn.nn.thresholds import ShiftThreshold, ZeroThreshold, build_threshold

EDGES = [-3.0, -1.0000001, -1.0, -0.5, -1e-40, -0.0, 0.0, 1e-40, 0.5, 1.0, 1.0000001, 3.0]


def points(seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.cat([torch.tensor(EDGES), 2 * torch.randn(1000, generator=generator)])


def values_and_gradient(function, x):
    x = x.clone().requires_grad_()
    weight = torch.linspace(-1, 1, x.numel()).view_as(x)
    y = function(x)
    (y * weight).sum().backward()
    return y.detach(), x.grad, weight


def test_equals_brevitas_clamped_binary_quantiser():
    upstream = ClampedBinaryQuant(ConstScaling(1.0))
    x = points()
    ours, our_gradient, _ = values_and_gradient(lambda v: BinaryTensorQuant(Clip())(v)[0], x)
    theirs, their_gradient, _ = values_and_gradient(lambda v: upstream(v)[0], x)
    assert torch.equal(ours, theirs)
    assert torch.equal(our_gradient, their_gradient)
    for own, other in zip(BinaryTensorQuant(Clip())(x)[1:], upstream(x)[1:], strict=True):
        assert own == other


@pytest.mark.parametrize("t", [-0.75, -0.5, 0.0, 0.3, 1.5])
def test_activation_follows_its_formula(t):
    x = points()
    y, gradient, weight = values_and_gradient(BinaryActivation(ShiftThreshold(t)), x)
    t32 = torch.tensor(t)
    for i, value in enumerate(x):
        assert y[i] == (1.0 if value >= t32 else -1.0)
        inside = -1.0 <= value - t32 <= 1.0
        assert gradient[i] == (weight[i] if inside else 0.0)
    assert 0 < int((gradient != 0).sum()) < x.numel()


@pytest.mark.parametrize("t", [-0.5, 0.1, 0.5, 1e-40, 96 / 255])
def test_a_tie_is_plus_one_and_the_next_float_below_is_not(t):
    t32 = torch.tensor(t, dtype=torch.float32)
    below = torch.nextafter(t32, torch.tensor(-torch.inf))
    assert BinaryActivation(ShiftThreshold(t))(torch.stack([t32, below])).tolist() == [1.0, -1.0]


def test_zero_policy_is_the_sign_with_plus_one_at_zero():
    assert BinaryActivation()(torch.tensor([-0.0, 0.0, -1e-30])).tolist() == [1.0, 1.0, -1.0]
    zero = build_threshold(ThresholdConfig(), 0.0, 3, images=False)
    assert isinstance(zero, ZeroThreshold)
    config = ThresholdConfig(policy="shift", shift=-0.25)
    assert build_threshold(config, -0.25, 3, images=False)(torch.tensor(1.0)) == 1.25


def test_linear_sums_signs_with_clipped_gradient():
    layer = BinaryLinear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.0, -0.2, 1.0], [-1.5, -0.0, 0.7]]))
    x = torch.tensor([[1.0, -1.0, 1.0]])
    y = layer(x)
    assert y.tolist() == [[3.0, -1.0]]  # signs [+ - +] and [- + +]
    y.sum().backward()
    assert layer.weight.grad.tolist() == [[1.0, -1.0, 1.0], [0.0, -1.0, 1.0]]
    assert layer.weight[1, 0] == -1.5  # forward leaves the latent weights alone
    layer.clip()
    assert layer.weight[1, 0] == -1.0
    assert torch.equal(layer(x), y)
