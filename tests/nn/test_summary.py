# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest
from brevitas.nn import QuantLinear
from torch import nn

from hw_bnn.config import CnvConfig, ModelConfig, ThresholdConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.models import build_model
from hw_bnn.nn.summary import summary


def test_cnv_has_the_figures_of_bnn_pynq():
    found = summary(build_model(CnvConfig(), (3, 32, 32), 10), (3, 32, 32))
    # 3x3 windows at 30x30, 28x28, 12x12, 10x10, 3x3 and 1x1 positions, then matrices
    expected = [
        27 * 64 * 900,
        576 * 64 * 784,
        576 * 128 * 144,
        1152 * 128 * 100,
        1152 * 256 * 9,
        2304 * 256,
        256 * 512,
        512 * 512,
        512 * 10,
    ]
    assert [layer.operations for layer in found.layers] == expected
    assert found.weight_bits == 1_542_848
    assert [layer.input_bits for layer in found.layers] == [8] + [1] * 8
    assert found.binary_share == pytest.approx(1 - expected[0] / sum(expected))
    assert [layer.kind for layer in found.layers] == ["conv"] * 6 + ["linear"] * 3
    assert found.layers[1].outputs == 64 * 784
    assert found.layers[-1].threshold is None
    assert found.folds


def test_a_threshold_that_does_not_fold_is_said():
    config = ModelConfig(hidden=[8, 4], threshold=ThresholdConfig(policy="dynamic_asd"))
    model = build_model(config, (1, 5, 5), 3).train()
    found = summary(model, (1, 5, 5))
    assert [layer.folds for layer in found.layers] == [False, False, True]
    assert [layer.threshold for layer in found.layers] == ["DynamicAsd", "DynamicAsd", None]
    assert not found.folds
    assert found.binary_share == 1.0
    assert found.rows()[0]["weight_bits"] == 25 * 8
    assert model.training


def test_it_prints_as_a_table():
    model = build_model(ModelConfig(hidden=[8, 4]), (1, 5, 5), 3)
    head, *rows, last = str(summary(model, (1, 5, 5))).splitlines()
    assert head.split()[:3] == ["name", "kind", "input_bits"]
    assert [row.split()[3] for row in rows] == ["200", "32", "12"]
    assert last == "244 bits of weights, 100.00% of the products of two bits, folds to hardware"


@pytest.mark.parametrize("layer", [nn.Linear(4, 2), QuantLinear(4, 2, False)])
def test_a_layer_whose_bits_are_not_known_is_refused(layer):
    with pytest.raises(HwBnnError, match=f"layer 1 is a {type(layer).__name__}: must be a layer"):
        summary(nn.Sequential(nn.Flatten(), layer), (1, 2, 2))
