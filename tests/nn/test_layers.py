# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from brevitas.nn import QuantIdentity, QuantLinear
from brevitas.quant import SignedBinaryWeightPerTensorConst
from torch import nn

from hw_bnn.config import ModelConfig, ThresholdConfig
from hw_bnn.config_model import SurrogateConfig, WeightConfig
from hw_bnn.nn.fold import fold_norms
from hw_bnn.nn.layers import BatchNorm, BinaryActivation, BinaryLinear, ScalarNorm
from hw_bnn.nn.models import build_model
from hw_bnn.nn.surrogates import build_surrogate
from hw_bnn.nn.thresholds import ShiftThreshold


def batch_norm(channels: int = 5) -> BatchNorm:
    norm = BatchNorm(channels)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.3, -0.7, 0.0, -0.0, 1e-3]))
        norm.bias.copy_(torch.randn(channels, generator=generator))
        norm.running_mean.copy_(10 * torch.randn(channels, generator=generator))
        norm.running_var.copy_(50 * torch.rand(channels, generator=generator))
    return norm


def test_batch_norm_in_eval_mode_is_one_multiplication_and_one_addition():
    norm = batch_norm().eval()
    z = torch.arange(-784, 785, 2, dtype=torch.float32)[:, None].repeat(1, 5)
    gamma, beta = (p.detach().numpy().astype(np.float64) for p in (norm.weight, norm.bias))
    mean, var = (b.numpy().astype(np.float64) for b in (norm.running_mean, norm.running_var))
    exact = gamma / np.sqrt(var + norm.eps)
    scale, offset = exact.astype(np.float32), (beta - mean * exact).astype(np.float32)
    product = z.numpy() * scale
    assert product.dtype == np.float32
    np.testing.assert_array_equal(norm(z).detach().numpy(), product + offset)


def test_negative_scale_inverts_and_zero_scale_is_constant():
    y = batch_norm().eval()(torch.tensor([[-20.0] * 5, [20.0] * 5]))
    assert y[0, 0] < y[1, 0]
    assert y[0, 1] > y[1, 1]
    for channel in (2, 3):
        assert y[0, channel] == y[1, channel] == batch_norm().bias[channel]


def test_batch_norm_trains_as_torch_does():
    ours, theirs = batch_norm(), nn.BatchNorm1d(5)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(16, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(ours.train()(x), theirs.train()(x))
    assert torch.equal(ours.running_var, theirs.running_var)
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


def test_scalar_norm_keeps_the_order_of_classes():
    norm = ScalarNorm(64)
    assert norm.folded().scale.item() == 0.125
    with torch.no_grad():
        norm.log_scale.fill_(-30.0)
        norm.offset.fill_(-0.25)
    logits = torch.tensor([[-64.0, 2.0, 2.0, 64.0]])
    assert norm.folded().scale > 0
    torch.testing.assert_close(norm.train()(logits), norm.eval()(logits))
    assert torch.equal(norm(logits), logits * norm.folded().scale + norm.offset)


def test_model_layers_follow_the_configuration():
    config = ModelConfig(
        hidden=[16, 8],
        input_threshold=0.25,
        threshold=ThresholdConfig(policy="shift", shift=[-0.5, 0.25]),
    )
    model = build_model(config, (1, 4, 5), 3)
    linear = [layer for layer in model if isinstance(layer, BinaryLinear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [
        (20, 16),
        (16, 8),
        (8, 3),
    ]
    activations = [layer for layer in model if isinstance(layer, BinaryActivation)]
    assert [layer.threshold.t.item() for layer in activations] == [0.25, -0.5, 0.25]
    assert isinstance(model[-1], ScalarNorm)


def test_every_sum_in_the_network_is_an_integer_of_the_right_parity():
    model = build_model(ModelConfig(hidden=[7, 6]), (1, 3, 3), 4).eval()
    sums = {}
    for layer in model:
        if isinstance(layer, BinaryLinear):
            layer.register_forward_hook(lambda m, _, z: sums.__setitem__(m.in_features, z))
    model(torch.rand(10, 1, 3, 3, generator=torch.Generator().manual_seed(0)))
    assert sorted(sums) == [6, 7, 9]
    for fan_in, z in sums.items():
        assert torch.equal(z, z.round())
        assert (z.abs() <= fan_in).all()
        assert ((z - fan_in) % 2 == 0).all()


def test_folding_the_norms_changes_no_bit():
    model = build_model(ModelConfig(hidden=[7, 6]), (1, 3, 3), 4).eval()
    folded = copy.deepcopy(model)
    fold_norms(folded)
    assert not any(isinstance(layer, BatchNorm | ScalarNorm) for layer in folded)
    x = torch.rand(10, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(folded(x), model(x))


@pytest.mark.parametrize("surrogate", ["clip", "approx_sign", "ede"])
def test_training_gives_what_the_quantisers_give(surrogate):
    """Bit for bit: values, and gradients of inputs and latent weights."""
    torch.manual_seed(0)
    config = SurrogateConfig(name=surrogate)
    layer = BinaryLinear(40, 20)
    layer.use(WeightConfig(method="irnet", surrogate=config))
    activation = BinaryActivation(ShiftThreshold(-0.25), build_surrogate(config))
    x = torch.randn(30, 40, requires_grad=True)
    found = []
    for ours in (True, False):
        z = layer(x) if ours else QuantLinear.forward(layer, x)
        scaled = z / 6
        shifted = activation.threshold(scaled)
        y = activation(scaled) if ours else QuantIdentity.forward(activation, shifted)
        gradients = torch.autograd.grad((y * torch.arange(20.0)).sum(), [x, layer.latent()])
        found.append((z, y, *gradients))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
    assert all(gradient.abs().sum() > 0 for gradient in found[0][2:])


def test_a_quantiser_of_the_user_is_taken():
    layer = BinaryLinear(4, 3)
    layer.weight_quant = QuantLinear(
        4, 3, False, weight_quant=SignedBinaryWeightPerTensorConst, weight_scaling_init=0.5
    ).weight_quant
    assert set(layer.train()(torch.eye(4)).unique().tolist()) <= {-0.5, 0.5}
