# SPDX-License-Identifier: BSD-3-Clause
"""Networks that others define and export: Brevitas's own bnn_pynq models, with 1-bit weights."""

from __future__ import annotations

import numpy as np
import pytest

from hw_bnn.bench.brevitas_models import NAMES, export_brevitas
from hw_bnn.bench.comparison import golden_values, onnx_values
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import code_scales, to_integer
from hw_bnn.export.model import load_model, save_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden


@pytest.mark.parametrize("name", NAMES)
def test_a_network_of_bnn_pynq_gives_the_same_bits_at_every_boundary(tmp_path, name):
    export_brevitas(name, tmp_path / "source.onnx")
    source = read_network(load_model(tmp_path / "source.onnx"))
    save_model(to_integer(source, InputKind.UINT8_255), tmp_path / "integer.onnx")
    integer = load_model(tmp_path / "integer.onnx")
    images = np.random.default_rng(0).integers(0, 256, (3, *source.input_shape[1:]))
    images = images.astype(np.float32) / np.float32(255)
    expected = onnx_values(source, images)
    assert len(expected) == len(source.layers) + 2
    # A first boundary of few levels and mixed outputs: the network does something.
    assert all(len(np.unique(values)) > 1 for values in expected)
    scales = [*code_scales(integer), source.layers[-1].scale * code_scales(integer)[-1], 1.0]
    for found in (
        onnx_values(read_network(integer), images),
        golden_values(Golden(integer), images),
    ):
        for values, scale, reference in zip(found, scales, expected, strict=True):
            np.testing.assert_array_equal(values * np.float32(scale), reference)
