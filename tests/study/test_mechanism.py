# SPDX-License-Identifier: BSD-3-Clause
"""What docs/studies.md says that a constant shift is in the networks of the shipped studies."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hw_bnn.config import AnyModelConfig, CnvConfig, ModelConfig
from hw_bnn.config_model import ResNetConfig
from hw_bnn.nn.layers import BatchNorm
from hw_bnn.nn.models import build_model

SHIFT = -0.5
MLP = ModelConfig(hidden=[32, 16])
CNV = CnvConfig(channels=[[8], [8]], hidden=[16], pool="sums")
RESNET = ResNetConfig(stages=[8, 16], blocks=1)


def shifted_and_biased(config: AnyModelConfig) -> list[tuple[Tensor, dict[str, Tensor]]]:
    """Logits and gradients with t = SHIFT, and with t = 0 and norms whose bias is -SHIFT."""
    threshold = config.threshold.model_copy(update={"policy": "shift", "shift": SHIFT})
    torch.manual_seed(0)
    plain = build_model(config, (3, 16, 16), 10)
    shifted = build_model(config.model_copy(update={"threshold": threshold}), (3, 16, 16), 10)
    shifted.load_state_dict(plain.state_dict())
    for module in plain.modules():
        if isinstance(module, BatchNorm):
            torch.nn.init.constant_(module.bias, -SHIFT)
    images, labels = torch.rand(20, 3, 16, 16), torch.randint(10, (20,))
    found = []
    for model in (shifted, plain):
        logits = model.train()(images)
        torch.nn.functional.cross_entropy(logits, labels).backward()
        gradients = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
        found.append((logits.detach(), gradients))
    return found


@pytest.mark.parametrize("config", [MLP, CNV], ids=["mlp", "cnv"])
def test_without_shortcuts_a_shift_is_a_bias(config):
    (logits, gradients), (same_logits, same_gradients) = shifted_and_biased(config)
    assert torch.allclose(logits, same_logits, atol=1e-5)
    assert gradients.keys() == same_gradients.keys()
    assert any(name.endswith("bias") for name in gradients)
    for name, gradient in gradients.items():
        if not name.endswith("offset"):  # of all logits alike: none but for rounding
            assert gradient.abs().max() > 0, name
        assert torch.allclose(gradient, same_gradients[name], rtol=1e-3, atol=1e-6), name


def test_with_shortcuts_it_is_not():
    (logits, _), (other, _) = shifted_and_biased(RESNET)
    assert (logits - other).abs().max() > 0.1
