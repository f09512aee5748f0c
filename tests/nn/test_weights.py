# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import math
import statistics

import pytest
import torch

from hw_bnn.config_model import SurrogateConfig, WeightConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.fold import fold_norms
from hw_bnn.nn.layers import BinaryConv2d, BinaryLinear
from hw_bnn.nn.weights import IrNet, ReCU, Wsd, kurtosis, kurtosis_loss


def latent(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3)) * 0.4 + 0.1


def test_irnet_standardises_each_output():
    w = latent(4, 5, 3, 3)
    found = IrNet()(w)
    for row, result in zip(w.flatten(1).tolist(), found.flatten(1).tolist(), strict=True):
        mean, deviation = statistics.mean(row), statistics.stdev(row)
        assert result == pytest.approx([(v - mean) / deviation for v in row], abs=1e-5)


@pytest.mark.parametrize(("progress", "tau"), [(0.0, 0.85), (0.5, 0.9028557), (1.0, 0.99)])
def test_recu_clamps_at_its_quantile(progress, tau):
    w = latent(6, 40)
    method = ReCU()
    method.set_progress(progress)
    found = method(w)
    rows = []
    for row in w.tolist():
        mean, deviation = statistics.mean(row), statistics.stdev(row)
        rows.append([(v - mean) / (deviation / (2 * math.sqrt(2))) for v in row])
    every = [abs(v) for row in rows for v in row]
    limit = -statistics.mean(every) * math.log(2 - 2 * tau)
    expected = [max(-limit, min(limit, v)) for row in rows for v in row]
    assert found.flatten().tolist() == pytest.approx(expected, abs=1e-5)
    clamped = sum(1 for v in every if v > limit)
    assert (clamped > 0) == (progress < 1)


def test_wsd_shifts_by_the_mean_of_an_output_without_its_gradient():
    w = latent(3, 8).requires_grad_()
    method = Wsd(3, 1)
    with torch.no_grad():
        method.a.copy_(torch.tensor([[0.0], [2.0], [-1.0]]))
    found = method(w)
    for row, a, result in zip(w.tolist(), [0.0, 2.0, -1.0], found.tolist(), strict=True):
        shift = 0.01 / (1 + math.exp(-a)) * statistics.mean(row)
        assert result == pytest.approx([v + shift for v in row], abs=1e-6)
    found.sum().backward()
    assert torch.equal(w.grad, torch.ones_like(w))
    assert method.a.grad.abs().min() > 0


def test_kurtosis_of_known_distributions():
    assert kurtosis(torch.tensor([-1.0, 1.0, 1.0, -1.0])) == 1.0
    assert kurtosis(torch.linspace(-1, 1, 10001)).item() == pytest.approx(1.8, abs=1e-3)
    first, second = torch.tensor([-1.0, 1.0]), torch.linspace(0, 3, 10001)
    found = kurtosis_loss([first, second], 1.5).item()
    assert found == pytest.approx(((1 - 1.5) ** 2 + (1.8 - 1.5) ** 2) / 2, abs=1e-3)


@pytest.mark.parametrize("method", ["sign", "irnet", "recu", "wsd"])
@pytest.mark.parametrize("kind", ["linear", "conv"])
def test_a_layer_multiplies_by_the_signs_of_its_method_and_folds_to_them(method, kind):
    torch.manual_seed(0)
    layer = BinaryLinear(7, 4) if kind == "linear" else BinaryConv2d(2, 4)
    layer.use(WeightConfig(method=method, surrogate=SurrogateConfig(name="identity")))
    layer.load_state_dict(layer.state_dict())  # Brevitas makes its quantisers anew here
    with torch.no_grad():
        layer.latent().copy_(4 * latent(*layer.latent().shape))
    stored = layer.latent().detach().clone()
    transform = {
        "sign": lambda w: w,
        "irnet": IrNet(),
        "recu": ReCU(),
        "wsd": Wsd(4, stored.dim() - 1),
    }
    expected = torch.where(transform[method](stored) >= 0, 1.0, -1.0)
    x = torch.ones(1, 7) if kind == "linear" else torch.ones(1, 2, 3, 3)
    y = layer(x)
    assert torch.equal(y.flatten(), expected.flatten(1).sum(1))
    y.sum().backward()
    assert layer.latent().grad is not None
    if method in ("sign", "wsd"):  # identity: gradients beyond 1, too
        assert layer.latent().grad.abs().min() > 0
    assert torch.equal(layer.latent(), stored)
    model = torch.nn.Sequential(layer).eval()
    fold_norms(model)
    assert torch.equal(torch.where(model[0].weight >= 0, 1.0, -1.0), expected)
    assert torch.equal(model(x), y)


EDE = 1 - math.tanh(0.1 * 2) ** 2
"""Its derivative at 2 when training begins, s = 0.1 and k = 10."""


@pytest.mark.parametrize(
    ("config", "derivative"),
    [
        (WeightConfig(), 0),
        (WeightConfig(method="irnet"), EDE),
        (WeightConfig(method="recu"), 1),
        (WeightConfig(method="wsd"), EDE),
        (WeightConfig(method="irnet", surrogate=SurrogateConfig(name="clip")), 0),
        (WeightConfig.model_validate({"surrogate": {"name": "identity"}}), 1),
    ],
)
def test_the_gradient_of_the_sign_is_that_of_the_method_unless_another_is_given(config, derivative):
    layer = BinaryLinear(3, 2)
    layer.use(config)
    v = torch.tensor([2.0], requires_grad=True)
    layer.weight_quant(v).value.backward()
    assert v.grad.item() == pytest.approx(derivative)


def test_latent_weights_are_clipped_only_where_the_method_wants_it():
    for clip, largest in ((True, 1.0), (False, 3.0)):
        layer = BinaryLinear(2, 2)
        layer.use(WeightConfig(method="recu", clip=clip))
        with torch.no_grad():
            layer.latent().fill_(3.0)
        layer.clip()
        assert layer.latent().max() == largest


def test_latent_weights_start_in_one_of_two_ranges():
    for config, bound in ((WeightConfig(), 1.0), (WeightConfig(initial="fan_in"), 1 / 12)):
        layer = BinaryConv2d(16, 32)
        layer.use(config)
        assert 0.9 * bound < layer.latent().abs().max() <= bound  # 144 products in a sum


def test_latent_weights_start_as_published():
    """Normal, 3 in 1000 beyond 3 deviations; 9 x 16 products in a sum, 9 x 32 with an input."""
    for initial, variance in (("he", 2 / 144), ("he_out", 2 / 288)):
        torch.manual_seed(0)
        layer = BinaryConv2d(16, 32)
        layer.use(WeightConfig(method="wsd", initial=initial))
        scaled = layer.latent().detach() / variance**0.5
        assert scaled.std().item() == pytest.approx(1, abs=0.05)
        assert scaled.mean().abs() < 0.05
        assert 0.001 < (scaled.abs() > 3).float().mean() < 0.006


@pytest.mark.parametrize("method", ["irnet", "recu"])
def test_one_weight_has_no_deviation(method):
    with pytest.raises(HwBnnError, match=f"model.weights.method is {method}: must be sign or wsd"):
        BinaryLinear(1, 4).use(WeightConfig(method=method))
