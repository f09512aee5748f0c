# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest

from hw_bnn.config import CnvConfig, ModelConfig, ThresholdConfig
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
