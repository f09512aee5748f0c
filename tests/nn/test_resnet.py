# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from hw_bnn.config import AnyModelConfig, CnvConfig, validate
from hw_bnn.config_model import ResNetConfig, Section, ThresholdConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.layers import BinaryActivation, BinaryConv2d, BinaryLinear, BinaryWeights
from hw_bnn.nn.models import build_model
from hw_bnn.nn.real import PaddedShortcut, RealBlock, RealConv2d, RealLinear, ResidualSum
from hw_bnn.nn.resnet import BiRealBlock
from hw_bnn.nn.summary import summary


class Model(Section):
    model: AnyModelConfig


def images(size: int, count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0))


def test_resnet20_has_its_figures():
    found = summary(build_model(ResNetConfig(), (3, 32, 32), 10), (3, 32, 32))
    kinds = [layer.kind for layer in found.layers]
    assert (kinds[0], kinds[-1]) == ("real conv", "real linear")
    assert kinds[1:-1] == ["conv", "add"] * 18
    binary = [layer for layer in found.layers if layer.kind == "conv"]
    # a 3x3 kernel for each pair of channels: 16 to 16, then 16 to 32 once, and so on
    pairs = 6 * 16 * 16 + (16 + 5 * 32) * 32 + (32 + 5 * 64) * 64
    assert sum(layer.weight_bits for layer in binary) == 9 * pairs
    assert {layer.input_bits for layer in binary} == {1}
    assert found.layers[0].weight_bits == 32 * 27 * 16
    assert {layer.input_bits for layer in found.layers if layer.kind != "conv"} == {32}
    assert found.layers[2].outputs == 16 * 32 * 32
    assert not found.folds


def test_resnet18_has_its_figures():
    config = ResNetConfig(stages=[64, 128, 256, 512], blocks=2, downsample="conv")
    found = summary(build_model(config, (3, 32, 32), 10), (3, 32, 32))
    assert sum(layer.operations for layer in found.layers) == 555_422_720  # as for float layers
    kinds = [layer.kind for layer in found.layers]
    assert [kinds.count(kind) for kind in ("conv", "add", "real conv")] == [16, 16, 4]
    real = 27 * 64 * 1024 + 3 * (64 * 128 * 256) + 5120
    assert found.binary_share == pytest.approx(1 - real / 555_422_720)


def test_a_block_adds_what_its_convolution_has_not_seen_shifted():
    """y = hardtanh(norm(conv(sign(x - t))) + x), with -1 around the signs."""
    config = ResNetConfig(
        stages=[4], blocks=1, threshold=ThresholdConfig(policy="shift", shift=-0.5)
    )
    block = next(m for m in build_model(config, (3, 8, 8), 3) if isinstance(m, BiRealBlock)).eval()
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1)) / 2
    signs = F.pad(torch.where(x >= -0.5, 1.0, -1.0), [1] * 4, value=-1.0)
    sums = F.conv2d(signs, torch.where(block.conv.weight >= 0, 1.0, -1.0))
    normed = sums / (1 + block.norm.eps) ** 0.5
    with torch.no_grad():
        assert torch.allclose(block(x), (normed + x).clamp(-1, 1), atol=1e-5)


def test_shortcuts_between_stages():
    x = torch.arange(2 * 25.0).view(1, 2, 5, 5)
    padded = PaddedShortcut(3)(x)
    assert padded.shape == (1, 5, 3, 3)
    assert torch.equal(padded[:, 1:3], x[:, :, ::2, ::2])
    assert not padded[:, [0, 3, 4]].any()
    for downsample in ("pad", "conv"):
        config = ResNetConfig(stages=[4, 6], blocks=1, downsample=downsample)
        model = build_model(config, (3, 9, 9), 3)  # odd sizes are rounded up on both ways
        assert model(images(9)).shape == (2, 3)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_quantised_shortcuts_are_on_a_grid(bits):
    config = ResNetConfig(stages=[4, 8], blocks=1, shortcut_bits=bits)
    model = build_model(config, (3, 8, 8), 3)
    assert [x.input_bits for x in summary(model, (3, 8, 8)).layers if x.kind == "add"] == [bits] * 4
    seen: list[torch.Tensor] = []
    for module in model.modules():
        if isinstance(module, BiRealBlock):
            module.shortcut.register_forward_hook(lambda _m, _i, y: seen.append(y))
        if isinstance(module, ResidualSum):
            module.register_forward_hook(lambda _m, _i, y: seen.append(y))
    model.train()(images(8, 20) * 3).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.eval()(images(8, 20) * 3)
    assert len(seen) == 16
    step = 2.0 ** (2 - bits)
    values = torch.cat([y.detach().flatten() for y in seen]) / step
    assert torch.equal(values, values.round())
    assert (values.min(), values.max()) == (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def test_the_form_for_large_images():
    config = ResNetConfig(stages=[8, 16], blocks=1, images="large", downsample="conv")
    model = build_model(config, (3, 64, 64), 1000)
    shapes = [
        tuple(layer(images(64)).shape[1:])
        for layer in [nn.Sequential(*model[: k + 1]) for k, m in enumerate(model) if k == 3]
    ]
    assert shapes == [(8, 16, 16)]  # 7x7 of stride 2, then a pool of stride 2
    assert sum(isinstance(m, nn.PReLU) for m in model.modules()) == 4
    assert model(images(64)).shape == (2, 1000)


@pytest.mark.parametrize(
    ("keys", "normed"),
    [
        ({}, True),
        ({"binary": "activations"}, True),
        ({"binary": "none"}, False),
        ({"images": "large"}, False),
    ],
)
def test_the_last_layer_sees_normed_means_where_the_source_has_it(keys, normed):
    model = build_model(ResNetConfig(stages=[4], blocks=1, **keys), (3, 16, 16), 3)
    seen: list[torch.Tensor] = []
    model[-1].register_forward_pre_hook(lambda _m, inputs: seen.append(inputs[0].detach()))
    model.train()(images(16, 40))
    assert seen[0].shape == (40, 4)
    deviation, mean = torch.std_mean(seen[0], dim=0, correction=0)
    assert torch.allclose(mean, torch.zeros(4), atol=1e-5) == normed
    assert (abs(deviation - 1) < 0.1).all() == normed


def test_real_weights_see_what_binary_ones_see():
    """y = PReLU(norm(conv(sign(x))) + x), with -1 around the signs, the weights as they are."""
    config = ResNetConfig(stages=[4], blocks=1, images="large", binary="activations")
    model = build_model(config, (3, 16, 16), 3)
    block = next(m for m in model.modules() if isinstance(m, BiRealBlock)).eval()
    x = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(1))
    signs = F.pad(torch.where(x >= 0, 1.0, -1.0), [1] * 4, value=-1.0)
    y = F.conv2d(signs, block.conv.weight) / (1 + block.norm.eps) ** 0.5 + x
    with torch.no_grad():
        assert torch.allclose(block(x), torch.where(y >= 0, y, y / 4), atol=1e-5)
    assert not any(isinstance(m, BinaryWeights) for m in model.modules())
    found = summary(model, (3, 16, 16))
    convolutions = [layer for layer in found.layers if layer.kind == "real conv"]
    assert [layer.input_bits for layer in convolutions] == [32, 1, 1]
    assert (found.binary_share, found.folds) == (0, False)
    names = build_model(config.model_copy(update={"binary": "all"}), (3, 16, 16), 3).state_dict()
    assert {k: v.shape for k, v in model.state_dict().items()} == {
        k: v.shape for k, v in names.items()
    }


def test_resnet34_has_its_figures():
    """21.8 million weights and 3.6 billion products are known of it; 1x1 shortcuts are pooled."""
    config = ResNetConfig(
        stages=[64, 128, 256, 512],
        blocks=[3, 4, 6, 3],
        images="large",
        downsample="conv",
        binary="none",
    )
    model = build_model(config, (3, 224, 224), 1000)
    assert sum(p.numel() for p in model.parameters()) == 21_797_672
    found = summary(model, (3, 224, 224))
    assert sum(layer.operations for layer in found.layers) == 3_663_761_408
    assert (found.binary_share, {layer.input_bits for layer in found.layers}) == (0, {32})
    assert [layer.kind for layer in found.layers].count("add") == 16


def test_a_real_block_is_a_residual_block():
    block = RealBlock(4, 4, 1, nn.Identity()).eval()
    x = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(2))
    scale = (1 + 1e-5) ** -0.5
    first, second = (block.inner[k].weight for k in (0, 3))
    inner = F.conv2d(F.relu(scale * F.conv2d(x, first, padding=1)), second, padding=1)
    with torch.no_grad():
        assert torch.allclose(block(x), F.relu(scale * inner + x), atol=1e-5)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"blocks": [2, 2]}, "model.blocks has 2 values: must be one number, or 3 numbers"),
        ({"blocks": [0, 1, 1]}, r"model.blocks\[0\] is 0: must be at least 1"),
        (
            {"binary": "activations", "weights": {"method": "wsd"}},
            'model.weights is given: must be left out with binary "activations"',
        ),
        ({"binary": "none", "shortcut_bits": 4}, "model.shortcut_bits is given: must be left out"),
        ({"shortcut_bits": 4, "downsample": "conv"}, "model.shortcut_bits is 4: must be 0 with"),
        ({"stages": [8, 4]}, r"model.stages is \[8, 4\]: must not fall with downsample pad"),
        ({"shortcut_bits": 1}, "model.shortcut_bits is 1: must be 0, 2"),
        ({"threshold": {"policy": "shift", "shift": [0.1]}}, "threshold.shift has 1 values"),
        ({"hidden": [3]}, "model.hidden is not a key of model: must be one of .*stages"),
    ],
)
def test_what_does_not_fit_is_refused(keys, message):
    with pytest.raises(HwBnnError, match=message):
        validate(Model, {"model": {"kind": "resnet", **keys}}, "x.yaml")


def test_a_published_network_has_real_ends():
    shifts = ThresholdConfig(policy="shift", shift=[-0.5, 0.5, 0.25])
    config = CnvConfig(
        channels=[[4, 4], [6, 6]], hidden=[], padding=1, pool="sums", ends="real", threshold=shifts
    )
    model = build_model(config, (3, 8, 8), 3)
    weights = [m for m in model.modules() if isinstance(m, BinaryWeights | RealConv2d | RealLinear)]
    kinds = [RealConv2d, BinaryConv2d, BinaryConv2d, BinaryConv2d, RealLinear]
    assert [type(layer) for layer in weights] == kinds
    activations = [m for m in model.modules() if isinstance(m, BinaryActivation)]
    assert [m.threshold.t.item() for m in activations] == [-0.5, 0.5, 0.25]
    read: list[torch.Tensor] = []
    weights[-1].register_forward_pre_hook(lambda _m, inputs: read.append(inputs[0]))
    model.train()(images(8, 50)).sum().backward()
    assert read[0].abs().max() == 1
    assert len(read[0].unique()) > 2  # hardtanh, not bits
    assert all(p.grad is not None for p in model.parameters())
    found = summary(model, (3, 8, 8))
    assert [layer.input_bits for layer in found.layers] == [32, 1, 1, 1, 32]
    assert not any(isinstance(m, BinaryLinear) for m in model.modules())
