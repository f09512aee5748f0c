# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import math

import pytest
import torch

from hw_bnn.config_model import SurrogateConfig
from hw_bnn.nn.layers import BinaryActivation
from hw_bnn.nn.surrogates import ApproxSign, Clip, Ede, SignSwish, build_surrogate
from hw_bnn.nn.thresholds import ShiftThreshold

POINTS = [-40.0, -3.0, -1.0, -0.75, -0.1, -0.0, 0.0, 1e-30, 0.25, 0.5, 1.0, 1.5, 40.0]
NAMES = ["clip", "identity", "approx_sign", "triangular", "sign_swish", "ede"]


def gradients(surrogate, points):
    v = torch.tensor(points, requires_grad=True)
    y = surrogate(v)
    assert y.tolist() == [1.0 if value >= 0 else -1.0 for value in points]
    (3 * y).sum().backward()
    return [g / 3 for g in v.grad.tolist()]


def logistic_step(v: float) -> float:
    """The smooth sign whose derivative SignSwish is: 2 s (1 + 5v (1 - s)) - 1, s = 1/(1+e^-5v)."""
    s = 1 / (1 + math.exp(-5 * v))
    return 2 * s * (1 + 5 * v * (1 - s)) - 1


def slope(function, v: float, h: float = 1e-5) -> float:
    return (function(v + h) - function(v - h)) / (2 * h)


def bi_real(v: float) -> float:
    """The polynomial that approximates a sign."""
    if abs(v) >= 1:
        return math.copysign(1.0, v)
    return 2 * v + v * v if v < 0 else 2 * v - v * v


@pytest.mark.parametrize("name", NAMES)
def test_forward_is_the_sign_and_the_gradient_its_formula(name):
    formulas = {
        "clip": lambda v: 1.0 if abs(v) <= 1 else 0.0,
        "identity": lambda v: 1.0,
        "approx_sign": lambda v: slope(bi_real, v),
        "triangular": lambda v: max(0.0, 1 - abs(v)),
        "sign_swish": lambda v: slope(logistic_step, v) if abs(v) < 20 else 0.0,
        "ede": lambda v: slope(lambda u: 10 * math.tanh(0.1 * u), v),
    }
    found = gradients(build_surrogate(SurrogateConfig(name=name)), POINTS)
    expected = [formulas[name](v) for v in POINTS]
    assert found == pytest.approx(expected, abs=2e-4)
    assert sum(found) > 0


def test_ede_goes_from_wide_to_steep():
    ede = Ede(0.1, 10.0)
    heights = []
    for progress, steepness in ((0.0, 0.1), (0.5, 1.0), (1.0, 10.0)):
        ede.set_progress(progress)
        factor = max(1 / steepness, 1)
        expected = [slope(lambda u, s=steepness, k=factor: k * math.tanh(s * u), v) for v in POINTS]
        found = gradients(ede, POINTS)
        assert found == pytest.approx(expected, abs=2e-4)
        heights.append(found[POINTS.index(0.25)])
    assert heights[0] == pytest.approx(1.0, abs=1e-2)
    assert heights[2] < 0.5


def test_extreme_values_give_no_nan():
    for surrogate in (SignSwish(5.0), ApproxSign(), Ede(0.1, 10.0)):
        assert all(math.isfinite(g) for g in gradients(surrogate, [-1e30, 1e30, 1e-38]))


def test_an_activation_centres_the_gradient_on_its_threshold():
    layer = BinaryActivation(ShiftThreshold(-0.5), ApproxSign())
    x = torch.tensor([-1.4, -0.5, 0.0, 0.6], requires_grad=True)
    y = layer(x)
    assert y.tolist() == [-1.0, 1.0, 1.0, 1.0]
    y.sum().backward()
    assert x.grad.tolist() == pytest.approx([0.2, 2.0, 1.0, 0.0], abs=1e-6)


def test_activations_have_surrogates_of_their_own_which_outlast_loading():
    first, second = BinaryActivation(None, Ede(0.1, 10)), BinaryActivation()
    first.load_state_dict(first.state_dict())
    kinds = [[type(m) for m in layer.modules()] for layer in (first, second)]
    assert Ede in kinds[0]
    assert Clip not in kinds[0]
    assert Ede not in kinds[1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_clip_window_includes_its_ends_and_nothing_beyond(dtype):
    one = torch.ones((), dtype=dtype)
    beyond = one + torch.finfo(dtype).eps
    x = torch.stack([-beyond, -one, -0 * one, one, beyond]).requires_grad_()
    y = Clip()(x)
    assert y.tolist() == [-1, -1, 1, 1, 1]
    assert y.dtype == dtype
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert gradient.tolist() == [0, 1, 1, 1, 0]
