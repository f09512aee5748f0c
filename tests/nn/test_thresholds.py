# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import copy
import math
import statistics
from typing import get_args

import pytest
import torch

from hw_bnn.config import ThresholdConfig
from hw_bnn.nn.layers import BinaryActivation
from hw_bnn.nn.thresholds import (
    BalancedThreshold,
    DynamicAsd,
    LearnedThreshold,
    ShiftThreshold,
    StaticAsd,
    build_threshold,
)

X = torch.randn(50, 3, 4, 5, generator=torch.Generator().manual_seed(0)) * 2 + 0.3


def channel(c: int) -> list[float]:
    return X[:, c].flatten().tolist()


def test_learned_threshold_gets_the_gradient_of_its_channel():
    policy = LearnedThreshold((3, 1, 1), 0.25, from_batch=False)
    x = X.clone().requires_grad_()
    y = BinaryActivation(policy)(x)
    (y * X).sum().backward()
    for c in range(3):
        assert y[0, c].flatten().tolist() == [1 if v >= 0.25 else -1 for v in X[0, c].flatten()]
        inside = sum(v for v in channel(c) if abs(v - 0.25) <= 1)
        assert policy.t.grad[c, 0, 0].item() == pytest.approx(-inside, rel=1e-4, abs=1e-3)


def test_learned_threshold_starts_from_the_first_batch_alone():
    policy = LearnedThreshold((3, 1, 1), -0.5, from_batch=True).train()
    policy(X)
    expected = [statistics.mean(channel(c)) - 0.5 * statistics.stdev(channel(c)) for c in range(3)]
    assert policy.t.flatten().tolist() == pytest.approx(expected, rel=1e-4)
    policy(X + 7)
    assert policy.t.flatten().tolist() == pytest.approx(expected, rel=1e-4)
    copy = LearnedThreshold((3, 1, 1), -0.5, from_batch=True).train()
    copy.load_state_dict(policy.state_dict())
    copy(X + 7)  # a resumed run does not start again
    assert torch.equal(copy.t, policy.t)


def test_balanced_threshold_is_the_running_mean_of_what_is_below_the_median():
    policy = BalancedThreshold((3, 1, 1)).train()
    t = torch.tensor([statistics.median_low(channel(c)) - 1 / 32 for c in range(3)])
    for share in (0.1, 0.19):
        torch.testing.assert_close(policy(X), X - share * t.view(3, 1, 1))
        torch.testing.assert_close(policy.running_median.flatten(), share * t)
    for _ in range(100):
        y = BinaryActivation(policy)(X)
    for c in range(3):
        assert 0.5 <= (y[:, c] > 0).float().mean() < 0.53
    before = policy.running_median.clone()
    assert torch.equal(policy.eval()(X), X - before)
    assert torch.equal(policy.running_median, before)


@pytest.mark.parametrize(
    ("values", "t"),
    [
        ([-3.0, -1.0, 1.0, 1.0, 1.0, 5.0], 0.0),  # between the median and the next smaller value
        ([1.0, 1.0, 1.0, 2.0], 0.5),  # nothing is smaller: as far as to the next larger one
        ([1.0, 1.0], 1 - 1 / 32),
        ([0.0, 0.99, 1.0, 1.0, 1.0], 1 - 1 / 32),  # the next one is near
    ],
)
def test_balanced_threshold_stands_away_from_the_values(values, t):
    policy = BalancedThreshold((1,)).train()
    policy(torch.tensor(values)[:, None])
    assert policy.running_median.item() == pytest.approx(0.1 * t)


def test_what_equals_the_median_is_the_same_in_eval_mode():
    """A background of one value moves a little from batch to batch, as norms do."""
    activation = BinaryActivation(BalancedThreshold((1,))).train()
    draw = torch.Generator().manual_seed(5)
    image = torch.cat([torch.full((60, 1), 0.3), torch.randn(40, 1, generator=draw)])
    for _ in range(100):
        activation(image * (1 + 0.01 * torch.randn(1, generator=draw)))
    for _ in range(20):
        y = activation(image * (1 + 0.01 * torch.randn(1, generator=draw)))
        assert (y[:60] == 1).all()
    assert (activation.eval()(image)[:60] == 1).all()


def test_a_median_that_jumps_leaves_the_threshold_where_it_is():
    """Every other batch has its median in a background: training and eval mode agree all the same.

    With each batch's own median the background would be +1 in half of them and -1 in the others.
    """
    activation = BinaryActivation(BalancedThreshold((1,))).train()
    less, more = (
        torch.cat(
            [torch.full((5, 1), -1.5), torch.full((n, 1), -1.0), torch.full((95 - n, 1), 1.0)]
        )
        for n in (40, 50)
    )
    for _ in range(50):
        activation(less)
        activation(more)
    trained = [activation(batch) for batch in (less, more)]
    activation.eval()
    for batch, y in zip((less, more), trained, strict=True):
        assert torch.equal(activation(batch), y)


def asd(betas: list[float]) -> StaticAsd:
    policy = StaticAsd((len(betas),))
    with torch.no_grad():
        policy.beta.copy_(torch.tensor(betas))
    return policy


def test_static_asd_is_its_formula_and_a_constant_threshold():
    betas = [-3.0, 0.0, 1.5, 80.0]  # float32 rounds sigmoid(80) to 1
    policy = asd(betas)
    points = torch.linspace(-2, 2, 4001)
    x = torch.cat([points, policy.threshold().detach(), torch.tensor([-1e9, 1e9])])
    x = x[:, None].expand(-1, 4).contiguous()
    trained = BinaryActivation(policy).train()(x)
    for c, beta in enumerate(betas[:3]):
        alpha = 1 / (1 + math.exp(-beta))
        expected = [min(max(v, -1.0), 1.0) + alpha for v in points.tolist()]
        for found, v in zip(trained[:4001, c].tolist(), expected, strict=True):
            assert abs(v) < 1e-6 or found == math.copysign(1, v)
    assert torch.equal(BinaryActivation(policy).eval()(x), trained)
    assert torch.equal(BinaryActivation(policy.folded())(x), trained)
    assert trained[:, 3].min() == -1


def test_static_asd_masks_around_zero():
    x = torch.tensor([[-1.2], [-0.9], [0.4], [0.6], [1.2]], requires_grad=True)
    policy = asd([0.0])  # sigmoid is 1/2
    BinaryActivation(policy)(x).sum().backward()
    assert x.grad.flatten().tolist() == [0, 1, 1, 0, 0]  # |x| <= 1 and |x + 1/2| <= 1
    # Three sums of -0.5, 0.9 and so on are in the window; each adds the sigmoid's slope 1/4.
    inside = [v for v in (-1.0, -0.9, 0.4, 0.6, 1.0) if abs(v + 0.5) <= 1]
    assert policy.beta.grad.item() == pytest.approx(0.25 * len(inside))


@pytest.mark.parametrize("hardtanh", [True, False])
def test_dynamic_asd_is_its_formula_per_image(hardtanh):
    torch.manual_seed(1)
    policy = DynamicAsd(3, reduction=2, hardtanh=hardtanh)
    w1, w2 = policy.squeeze.weight.tolist(), policy.excite.weight.tolist()
    found = policy(X)
    for n in (0, 7):
        h = X[n].clamp(-1, 1) if hardtanh else X[n]
        mean = [h[c].mean().item() for c in range(3)]
        hidden = [max(0.0, sum(w * m for w, m in zip(row, mean, strict=True))) for row in w1]
        for c, row in enumerate(w2):
            alpha = 1 / (1 + math.exp(-sum(w * v for w, v in zip(row, hidden, strict=True))))
            torch.testing.assert_close(found[n, c], h[c] + alpha)
    assert not policy.folds
    flat = policy(X[:, :, 0, 0])
    assert flat.shape == (50, 3)


@pytest.mark.parametrize("policy", ["zero", "shift", "learned", "balanced", "static_asd"])
@pytest.mark.parametrize("images", [True, False])
def test_policies_that_fold_are_constants_in_eval_mode(policy, images):
    shift = -0.5 if policy in ("shift", "learned") else 0.0
    config = ThresholdConfig(policy=policy, shift=shift)
    module = build_threshold(config, shift, 3, images=images)
    x = X if images else X[:, :, 0, 0]
    layer = BinaryActivation(module).train()
    layer(x)
    layer.eval()
    assert module.folds
    expected = layer(x)
    if hasattr(module, "folded"):
        constant = module.folded()
        assert isinstance(constant, ShiftThreshold)
        assert torch.equal(BinaryActivation(constant)(x), expected)


def test_dynamic_asd_follows_the_configuration():
    config = ThresholdConfig(policy="dynamic_asd", reduction=8, hardtanh=False)
    policy = build_threshold(config, 0.0, 32, images=True)
    assert policy.squeeze.weight.shape == (4, 32)
    far = torch.full((1, 32, 2, 2), 5.0)
    assert policy(far).min() > 5
    default = build_threshold(ThresholdConfig(policy="dynamic_asd"), 0.0, 32, images=True)
    assert default.squeeze.weight.shape == (2, 32)
    assert default(far).max() < 2


@pytest.mark.parametrize("key", [{"reduction": 8}, {"hardtanh": False}, {"initial": "batch"}])
def test_keys_of_other_policies_are_refused(key):
    name, value = next(iter(key.items()))
    with pytest.raises(
        ValueError, match=f'{name} is {value}: must be left out under policy "zero"'
    ):
        ThresholdConfig.model_validate(key)


@pytest.mark.parametrize("policy", get_args(ThresholdConfig.model_fields["policy"].annotation))
def test_policies_train_under_autocast(policy):
    """On rounded inputs, to nearly the same bits; what is learned and counted stays float32."""
    module = build_threshold(ThresholdConfig(policy=policy, shift=0.0), 0.0, 3, images=True).train()
    layer, x = BinaryActivation(module), X.bfloat16().requires_grad_()
    expected = copy.deepcopy(layer)(X)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x)
        y.sum().backward()
    assert (y.float() == expected).float().mean() > 0.97
    assert x.grad.abs().sum() > 0
    kept = [*module.parameters(), *module.buffers()]
    assert all(t.dtype != torch.bfloat16 for t in kept)
    assert all(p.grad is not None for p in module.parameters())
