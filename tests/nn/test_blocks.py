# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import copy

import pytest
import torch
from brevitas.nn import QuantConv2d, QuantIdentity
from brevitas.quant import (
    Int8WeightPerTensorFloat,
    SignedBinaryWeightPerTensorConst,
)
from torch.nn import functional as F  # noqa: N812 (torch's own habit)

from hw_bnn.config_model import SurrogateConfig, WeightConfig
from hw_bnn.nn.blocks import ConvBlock
from hw_bnn.nn.layers import BinaryActivation, BinaryConv2d
from hw_bnn.nn.quantizers import Int8InputQuant, set_surrogate
from hw_bnn.nn.surrogates import Clip
from hw_bnn.nn.thresholds import ShiftThreshold, ZeroThreshold


def signs(*shape: int) -> torch.Tensor:
    draws = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    return 2 * (draws < 0.5).float() - 1


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


@pytest.fixture(params=[1, 2])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("method", ["sign", "irnet", "recu", "wsd"])
@pytest.mark.parametrize("pool", [None, "sums", "activations"])
@pytest.mark.usefixtures("threads")
def test_block_trains_with_every_weight_method(pool, method):
    fused = block(pool)
    fused.conv.use(WeightConfig(method=method, surrogate=SurrogateConfig(name="ede")))
    assert_trains_layer_by_layer(fused, signs(5, 7, 8, 8))


@pytest.mark.parametrize("size", [4, 5, 6, 8])  # 4 to 36 sums: _FEW takes matrix products
@pytest.mark.parametrize("pool", [None, "sums", "activations"])
@pytest.mark.parametrize("policy", ["zero", "shift"])
@pytest.mark.parametrize("border", [0, 1])
def test_block_trains_as_its_layers_one_by_one(pool, policy, border, size):
    assert_trains_layer_by_layer(block(pool, policy, border), signs(4, 7, size, size))


def assert_trains_layer_by_layer(fused: ConvBlock, x: torch.Tensor) -> None:
    """Outputs, statistics and all gradients are those of the layers one by one."""
    layers = copy.deepcopy(fused)
    layers.__class__ = Separate
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


@pytest.fixture
def no_loops(monkeypatch):
    """Whoever takes a function of hw_bnn.nn.fused fails."""
    for name in ("BinaryConv", "BinaryConvPool", "NormSign"):
        monkeypatch.setattr(f"hw_bnn.nn.fused.{name}.apply", lambda *_: pytest.fail("taken"))


def seen_by_the_norm(block: ConvBlock, x: torch.Tensor) -> torch.Tensor:
    """The block's sums, from a layer-by-layer activation."""
    block.activation.act_quant.disable_quant = True
    sums: list[torch.Tensor] = []
    handle = block.norm.register_forward_hook(lambda _m, args, _y: sums.append(args[0].detach()))
    block(x)
    handle.remove()
    return sums[0]


@pytest.mark.parametrize("pool", [None, "sums"])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.usefixtures("no_loops")
def test_inputs_of_many_levels_take_the_convolution_of_torch(pool, training):
    x = torch.randint(-128, 128, (2, 7, 6, 6)) / 128
    one = block(pool, binary_input=False).train(training)
    z = F.conv2d(x, torch.where(one.conv.weight >= 0, 1.0, -1.0))
    z = F.max_pool2d(z, 2) if pool else z
    assert torch.equal(seen_by_the_norm(one, x), z)


@pytest.mark.parametrize("pool", [None, "sums"])
@pytest.mark.parametrize("kind", ["scale", "eight bits", "off"])
def test_a_weight_quantiser_of_the_user_is_taken_in_training(pool, kind):
    made = block(pool)
    kinds = {
        "scale": {"weight_quant": SignedBinaryWeightPerTensorConst, "weight_scaling_init": 0.5},
        "eight bits": {"weight_quant": Int8WeightPerTensorFloat},
    }
    if kind == "off":
        made.conv.weight_quant.disable_quant = True
        weights = made.conv.weight
    else:
        given = QuantConv2d(7, 9, 3, bias=False, **kinds[kind])
        given.weight = made.conv.weight
        made.conv.weight_quant = given.weight_quant
        weights = given.quant_weight().value
    assert not torch.equal(weights, torch.where(made.conv.weight >= 0, 1.0, -1.0))
    x = signs(4, 7, 8, 8)
    z = F.conv2d(x, weights)
    torch.testing.assert_close(seen_by_the_norm(made, x), F.max_pool2d(z, 2) if pool else z)


def test_an_activation_quantiser_of_the_user_is_taken_in_training():
    made, x = block(None), signs(4, 7, 8, 8)
    assert len(made(x).unique()) == 2
    made.activation.act_quant = QuantIdentity(act_quant=Int8InputQuant).act_quant
    steps = 128 * made(x)
    assert torch.equal(steps, steps.round())
    assert len(steps.unique()) > 2
    made.activation.act_quant.disable_quant = True
    torch.testing.assert_close(made(x), made.norm(made.conv(x)) + 0.25)  # of ShiftThreshold(-0.25)


@pytest.mark.parametrize("pool", [None, "sums"])
def test_inputs_are_bits_only_if_all_are_plus_or_minus_one(pool):
    """The block before may have a quantiser of the user, or one that is off."""
    made, x = block(pool, "zero"), signs(4, 7, 8, 8)
    x[3] /= 4
    layers = copy.deepcopy(made)
    layers.__class__ = Separate
    assert torch.equal(made(x), layers(x))


class Steep(Clip):
    """A gradient of the user."""

    def forward(self, v):
        return 3 * super().forward(v) - 2 * super().forward(v).detach()


def test_a_gradient_of_the_user_is_taken_in_training():
    gradients = []
    for surrogate in (Clip(), Steep()):
        made, x = block(None), signs(4, 7, 8, 8).requires_grad_()
        set_surrogate(made.activation.act_quant, surrogate)
        (made(x) * torch.arange(9.0).view(9, 1, 1)).sum().backward()
        gradients.append(x.grad)
    torch.testing.assert_close(gradients[1], 3 * gradients[0], rtol=1e-4, atol=1e-4)


def _per_channel(made: ConvBlock) -> None:
    made.activation.threshold = ShiftThreshold(torch.linspace(-1, 1, 9).view(9, 1, 1))


@pytest.mark.parametrize("pool", [None, "sums", "activations"])
@pytest.mark.parametrize(
    "change",
    [
        _per_channel,
        lambda made: setattr(made.norm, "momentum", None),
        lambda made: made.norm.eval(),
        lambda made: setattr(made.conv, "stride", (2, 2)),
    ],
    ids=["threshold per channel", "cumulative average", "norm in eval", "stride 2"],
)
def test_what_the_loops_do_not_know_takes_the_layers(pool, change):
    made = block(pool)
    change(made)
    layers = copy.deepcopy(made)
    layers.__class__ = Separate
    x = signs(4, 7, 9, 9)
    y = made(x)
    assert torch.equal(y, layers(x))
    size = (4 if made.conv.stride == (2, 2) else 7) // (2 if pool else 1)
    assert y.shape == (4, 9, size, size)
    for name, value in layers.norm.named_buffers():
        torch.testing.assert_close(made.norm.get_buffer(name), value)


@pytest.mark.parametrize("pool", [None, "sums"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
@pytest.mark.usefixtures("no_loops")
def test_a_block_trains_in_other_types(pool, dtype):
    made, x = block(pool).to(dtype), signs(4, 7, 8, 8).to(dtype).requires_grad_()
    y = made(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype
    assert set(y.unique().tolist()) == {-1.0, 1.0}


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
@pytest.mark.usefixtures("no_loops")
def test_autocast_takes_the_layers(pool):
    with torch.autocast("cpu", torch.bfloat16):
        y = block(pool)(signs(4, 7, 8, 8))
    assert set(y.unique().tolist()) == {-1.0, 1.0}
