# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from hw_bnn.config import CnvConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.blocks import ConvBlock
from hw_bnn.nn.layers import BinaryLinear, SignedInput
from hw_bnn.nn.models import build_model


def test_cnv_has_the_topology_of_bnn_pynq():
    model = build_model(CnvConfig(), (3, 32, 32), 10).eval()
    blocks = [layer for layer in model if isinstance(layer, ConvBlock)]
    found = [(b.conv.in_channels, b.conv.out_channels, b.pool) for b in blocks]
    assert found == [
        (3, 64, None),
        (64, 64, "activations"),
        (64, 128, None),
        (128, 128, "activations"),
        (128, 256, None),
        (256, 256, None),
    ]
    assert [block.binary_input for block in blocks] == [False] + [True] * 5
    linear = [layer for layer in model if isinstance(layer, BinaryLinear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [
        (256, 512),
        (512, 512),
        (512, 10),
    ]
    assert model(torch.rand(2, 3, 32, 32)).shape == (2, 10)


def test_a_padded_network_with_a_final_pool_keeps_halving_the_image():
    config = CnvConfig(channels=[[2, 3], [4]], hidden=[], padding=1, final_pool=True)
    model = build_model(config, (1, 8, 12), 10)
    linear = [layer for layer in model if isinstance(layer, BinaryLinear)]
    assert [layer.in_features for layer in linear] == [4 * 2 * 3]
    assert model.eval()(torch.rand(2, 1, 8, 12)).shape == (2, 10)


@pytest.mark.parametrize("pool", ["sums", "activations"])
def test_thresholds_follow_the_layers(pool):
    config = CnvConfig.model_validate(
        {
            "channels": [[2], [3]],
            "hidden": [4],
            "pool": pool,
            "threshold": {"policy": "shift", "shift": [0.1, 0.2, 0.3]},
        }
    )
    model = build_model(config, (1, 10, 10), 10)
    found = [m.t.item() for m in model.modules() if hasattr(m, "t")]
    assert found == pytest.approx([0.1, 0.2, 0.3])


def test_images_that_are_too_small_are_refused():
    with pytest.raises(HwBnnError, match=r"model.channels: images of 8 x 8 .* used up in block 2"):
        build_model(CnvConfig(), (1, 8, 8), 10)


def test_signed_input_is_the_eight_bit_code_of_the_pixel():
    pixels = np.arange(256)
    codes = np.clip(np.round((2 * pixels / 255 - 1) * 128), -128, 127)
    x = torch.from_numpy(pixels.astype(np.float32) / np.float32(255)).reshape(1, 1, 16, 16)
    found = SignedInput()(x)
    assert isinstance(found, torch.Tensor)
    np.testing.assert_array_equal(found.detach().numpy().ravel() * 128, codes)


def test_every_sum_of_a_binary_convolution_has_the_parity_of_its_products():
    config = CnvConfig(channels=[[5, 6], [7]], hidden=[8], padding=1)
    model = build_model(config, (2, 8, 8), 3).eval()
    sums = {}
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d) and layer.in_channels > 2:
            layer.register_forward_hook(lambda m, _, z: sums.__setitem__(9 * m.in_channels, z))
    model(torch.rand(10, 2, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert sorted(sums) == [45, 54]
    for taps, z in sums.items():
        assert ((z - taps) % 2 == 0).all()
        assert (z.abs() <= taps).all()
