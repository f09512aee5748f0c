# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F  # noqa: N812 (torch's own habit)

from hw_bnn.nn.blocks import ConvBlock
from hw_bnn.nn.fused import BinaryConv, BinaryConvPool
from hw_bnn.nn.layers import BinaryActivation, BinaryConv2d
from hw_bnn.nn.thresholds import ShiftThreshold, ZeroThreshold


def signs(*shape: int, seed: int = 0) -> torch.Tensor:
    draws = torch.rand(shape, generator=torch.Generator().manual_seed(seed))
    return 2 * (draws < 0.5).float() - 1


def outcome(function, *inputs):
    """Output, and gradients of a weighted sum of it."""
    inputs = [value.clone().requires_grad_() for value in inputs]
    y = function(*inputs)
    weight = torch.randn(y.shape, generator=torch.Generator().manual_seed(9))
    return y.detach(), torch.autograd.grad((y * weight).sum(), inputs)


@pytest.mark.parametrize(
    ("function", "separate"),
    [
        (BinaryConv, F.conv2d),
        (BinaryConvPool, lambda x, w: F.max_pool2d(F.conv2d(x, w), 2)),
    ],
)
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("channels", [1, 64, 70])
def test_convolution_of_bits_is_the_convolution(function, separate, threads, channels):
    x, w = signs(5, channels, 9, 8), signs(6, channels, 3, 3, seed=1)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        y, gradients = outcome(function.apply, x, w)
    finally:
        torch.set_num_threads(before)
    expected, expected_gradients = outcome(separate, x, w)
    assert torch.equal(y, expected)
    for found, wanted in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)


def block(pool, policy="shift", border=0, binary_input=True) -> ConvBlock:
    torch.manual_seed(2)
    activation = BinaryActivation(ShiftThreshold(-0.25) if policy == "shift" else ZeroThreshold())
    made = ConvBlock(BinaryConv2d(7, 9, border), activation, pool, binary_input=binary_input)
    with torch.no_grad():
        made.norm.weight.normal_(1.0, 0.5)
        made.norm.weight[0] = -0.7
        made.norm.bias.normal_(0.0, 0.3)
    return made.train()


class Separate(ConvBlock):
    """The layers one by one in training, too: Brevitas' path."""

    def forward(self, x):
        z = self.conv(x)
        z = F.max_pool2d(z, 2) if self.pool == "sums" else z
        y = self.activation(self.norm(z))
        return F.max_pool2d(y, 2) if self.pool == "activations" else y


@pytest.mark.parametrize("pool", [None, "sums", "activations"])
@pytest.mark.parametrize("policy", ["zero", "shift"])
@pytest.mark.parametrize("border", [0, 1])
def test_block_trains_as_its_layers_one_by_one(pool, policy, border):
    fused = block(pool, policy, border)
    layers = copy.deepcopy(fused)
    layers.__class__ = Separate
    x = signs(4, 7, 8, 8)
    results = []
    for one in (fused, layers):
        inputs = x.clone().requires_grad_()
        y = one(inputs)
        weight = torch.randn(y.shape, generator=torch.Generator().manual_seed(9))
        (y * weight).sum().backward()
        results.append((y.detach(), inputs.grad, dict(one.named_parameters()), one.norm))
    (y, grad, parameters, norm), (y_, grad_, parameters_, norm_) = results
    assert torch.equal(y, y_)
    assert grad.abs().sum() > 0
    torch.testing.assert_close(grad, grad_, rtol=1e-4, atol=1e-5)
    for name, value in parameters.items():
        torch.testing.assert_close(value.grad, parameters_[name].grad, rtol=1e-4, atol=1e-4)
    for buffer in ("running_mean", "running_var", "num_batches_tracked"):
        torch.testing.assert_close(getattr(norm, buffer), getattr(norm_, buffer))
    assert torch.equal(fused.eval()(x), layers.eval()(x))


def test_inputs_of_many_levels_take_the_convolution_of_torch(monkeypatch):
    monkeypatch.setattr("hw_bnn.nn.fused.BinaryConv.apply", pytest.fail)
    x = torch.randint(-128, 128, (2, 7, 6, 6)) / 128
    one = block(None, binary_input=False)
    z = F.conv2d(x, (one.conv.weight >= 0).float() * 2 - 1)
    sums = []
    one.norm.register_forward_hook(lambda _m, args, _y: sums.append(args[0]))
    one.eval()(x)
    assert torch.equal(sums[0], z)
    monkeypatch.undo()
    one.train()(x)


def test_border_is_minus_one():
    conv = BinaryConv2d(2, 3, border=1)
    x = signs(1, 2, 4, 5)
    weights = torch.where(conv.weight >= 0, 1.0, -1.0)
    wide = torch.full((1, 2, 6, 7), -1.0)
    wide[:, :, 1:-1, 1:-1] = x
    assert torch.equal(conv(x), F.conv2d(wide, weights))
    sums = conv(x)
    assert ((sums - 18) % 2 == 0).all()


@pytest.mark.parametrize("pool", [None, "sums"])
def test_other_devices_take_no_loop_of_the_cpu(pool):
    """Tensors without values: any way through numpy fails."""
    made = block(pool).to("meta")
    x = torch.empty(4, 7, 8, 8, device="meta", requires_grad=True)
    y = made(x)
    y.sum().backward()
    assert x.grad.device.type == "meta"


@pytest.mark.parametrize("pool", [None, "sums"])
def test_autocast_takes_the_layers(pool):
    made = block(pool)
    x = signs(4, 7, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        y = made(x)
    # 63 products: these sums are integers that bfloat16 holds, so only the norm may round
    assert (y.float() == made(x)).float().mean() > 0.95
