# SPDX-License-Identifier: BSD-3-Clause
"""Benchmark of training steps: the three designs have the same shapes, and learn."""

from __future__ import annotations

import pytest
import torch
from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear

from hw_bnn.bench import steps as bench
from hw_bnn.config_model import CnvConfig, ModelConfig
from hw_bnn.nn.layers import BinaryActivation, BinaryConv2d, BinaryLinear
from hw_bnn.progress import SILENT

CNV = CnvConfig(channels=[[4], [6]], hidden=[8], padding=1, pool="sums")


@pytest.mark.parametrize("config", [ModelConfig(hidden=[8, 6]), CNV], ids=["mlp", "cnv"])
def test_designs_have_the_same_shapes_and_each_its_own_layers(config):
    found = bench.designs(config, (3, 8, 8))
    weights = {
        design: [tuple(p.shape) for p in model.parameters() if p.dim() > 1]
        for design, model in found.items()
    }
    assert weights["hw_bnn"] == weights["Brevitas"] == weights["float"]
    ours = (BinaryActivation, BinaryConv2d, BinaryLinear)
    stock = (QuantConv2d, QuantIdentity, QuantLinear)
    assert not any(isinstance(m, ours) for m in found["Brevitas"].modules())
    assert any(isinstance(m, QuantIdentity) for m in found["Brevitas"].modules())
    inner = list(found["float"].children())[1:]
    assert not any(isinstance(m, ours + stock) for part in inner for m in part.modules())


def test_a_step_changes_every_weight_matrix():
    images, labels = torch.rand(16, 1, 4, 4), torch.arange(16) % 10
    for model in bench.designs(ModelConfig(hidden=[8]), (1, 4, 4)).values():
        before = [p.clone() for p in model.parameters() if p.dim() > 1]
        bench._step(model, images, labels)()
        after = [p for p in model.parameters() if p.dim() > 1]
        assert len(before) == 2
        assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_rows(monkeypatch):
    monkeypatch.setattr(bench, "CASES", {"tiny": (ModelConfig(hidden=[4]), (1, 4, 4), 8)})
    monkeypatch.setattr(bench, "ROUNDS", 2)
    monkeypatch.setattr(bench, "SECONDS", 0.0)
    ours, stock, real = bench.steps(SILENT)
    assert [row["design"] for row in (ours, stock, real)] == ["hw_bnn", "Brevitas", "float"]
    assert {row["batch"] for row in (ours, stock, real)} == {8}
    for other, baseline in zip((stock, real), ours["baselines"], strict=True):
        assert baseline["ratio"] == pytest.approx(ours["seconds"] / other["seconds"], abs=1e-3)
        assert other["best"] <= other["seconds"] <= other["worst"]
