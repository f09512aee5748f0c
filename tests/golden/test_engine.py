# SPDX-License-Identifier: BSD-3-Clause
"""The packed layers against plain integer arithmetic on drawn layers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from hw_bnn.errors import HwBnnError
from hw_bnn.export.levels import Levels
from hw_bnn.export.network import Layer
from hw_bnn.export.windows import Window
from hw_bnn.golden.engine import PackedLayer, framed, pack, unpack
from hw_bnn.golden.layers import Activation, GoldenLayer

LEVELS = [Levels(-1, 1, 2, 1.0), Levels(0, 3, 1, 1.0), Levels(-2, 1, 1, 1.0), Levels(-1, 1, 1, 1.0)]


def draw_codes(rng, shape, levels):
    return levels.lo + levels.step * rng.integers(0, levels.steps + 1, shape)


def windows(x, kernel, strides):
    """[N, C, OH, OW, KH, KW]."""
    view = sliding_window_view(x, kernel, axis=(2, 3))
    return view[:, :, :: strides[0], :: strides[1]]


def layer(weights, window, activation):
    product = Layer("drawn", weights.astype(np.int8), 1.0, window, ())
    return GoldenLayer(product, activation)


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_drawn_convolution(seed):
    rng = np.random.default_rng(seed)
    inputs, levels = (LEVELS[i] for i in rng.integers(0, len(LEVELS), 2))
    channels, outputs = (int(rng.choice([1, 3, 27, 63, 64, 65, 130])) for _ in range(2))
    kernel, strides = tuple(rng.integers(1, 4, 2)), tuple(rng.integers(1, 3, 2))
    size = tuple(int(k + rng.integers(1, 5)) for k in kernel)
    weights = rng.choice([-1, 1], (outputs, channels, *kernel))
    codes = draw_codes(rng, (3, channels, *size), inputs)
    code = int(draw_codes(rng, (), inputs))
    framed_codes = np.pad(codes, ((0, 0), (0, 0), (1, 0), (0, 2)), constant_values=code)
    sums = np.einsum("nchwyx,ocyx->nohw", windows(framed_codes, kernel, strides), weights)

    thresholds = np.sort(rng.integers(sums.min(), sums.max() + 2, (outputs, levels.steps)), axis=1)
    signs = rng.choice([-1, 1], outputs) if levels.lo == -levels.hi else np.ones(outputs, int)
    pooled = min(sums.shape[2:]) > 1
    passed = (sums[..., None] >= thresholds[:, None, None, :]).sum(axis=-1)
    expected = levels.lo + levels.step * passed
    if pooled:
        expected = windows(expected, (2, 2), (2, 2)).max(axis=(4, 5))
    expected = expected * signs[:, None, None]
    activation = Activation(
        thresholds=thresholds.astype(np.int32),
        levels=levels,
        pool=Window((2, 2), (2, 2), (0, 0, 0, 0)) if pooled else None,
        signs=signs.astype(np.int8),
        shape=expected.shape[1:],
        order=None,
        pad=None,
    )
    window = Window(kernel, strides, (0, 0, 0, 0))
    packed_layer = PackedLayer(layer(weights, window, activation), framed_codes.shape[1:], inputs)
    tensor = framed(pack(codes, inputs), (code, (1, 0, 0, 2)))
    np.testing.assert_array_equal(unpack(tensor), framed_codes)
    np.testing.assert_array_equal(packed_layer.sums(tensor), sums)
    np.testing.assert_array_equal(unpack(packed_layer.activations(tensor)), expected)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_drawn_matrix_product(seed):
    rng = np.random.default_rng(seed)
    inputs = LEVELS[int(rng.integers(0, len(LEVELS)))]
    taps, outputs = int(rng.choice([1, 63, 64, 65, 192, 900])), int(rng.integers(1, 70))
    weights = rng.choice([-1, 1], (outputs, taps))
    share = rng.choice([0.0, 0.5, 1.0])  # all bits may agree or differ
    codes = np.where(rng.random((5, taps)) < share, inputs.hi, inputs.lo)
    found = PackedLayer(layer(weights, None, None), (taps,), inputs).sums(pack(codes, inputs))
    np.testing.assert_array_equal(found, codes @ weights.T)


@pytest.mark.parametrize("shape", [(1, 12, 4), (12, 2, 2), (48,), (48, 1, 1), (4, 4, 3)])
def test_a_reshape_keeps_the_order_of_elements(shape):
    """Images stay images: only the places of elements among channels, rows, columns change."""
    rng = np.random.default_rng(0)
    codes = draw_codes(rng, (3, 4, 5, 4), LEVELS[0])
    activation = Activation(
        thresholds=np.zeros((4, 1), dtype=np.int32),
        levels=LEVELS[0],
        pool=None,
        signs=None,
        shape=shape,
        order=None,
        pad=None,
    )
    window = Window((2, 2), (1, 1), (0, 0, 0, 0))
    weights = rng.choice([-1, 1], (4, 4, 2, 2))
    packed_layer = PackedLayer(layer(weights, window, activation), (4, 5, 4), LEVELS[0])
    tensor = pack(codes, LEVELS[0])
    expected = np.where(packed_layer.sums(tensor) >= 0, 1, -1).reshape(3, *shape)
    found = packed_layer.activations(tensor)
    np.testing.assert_array_equal(unpack(found), expected)
    assert found.planes.shape[2:4] == (*shape, 1, 1)[1:3]


@pytest.mark.parametrize("shape", [(2, 5, 4), (4, 4, 4), (80,)])
def test_codes_of_another_shape_are_refused(shape):
    """The compiled loops do not look where their arrays end."""
    product = layer(np.ones((3, 4, 2, 2)), Window((2, 2), (1, 1), (0, 0, 0, 0)), None)
    codes = np.ones((1, *shape), dtype=np.int64)
    with pytest.raises(HwBnnError, match=r"layer drawn: its input is .*\[4, 5, 4\].*required"):
        PackedLayer(product, (4, 5, 4), LEVELS[0]).sums(pack(codes, LEVELS[0]))
