# SPDX-License-Identifier: BSD-3-Clause
"""Designs that generated constant layers are measured against, as Verilog."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hw_bnn.codegen.constant import ConstantLayer


def drawn(sizes: Sequence[int], seed: int = 0) -> list[ConstantLayer]:
    """Draw a network of layers: random weights, thresholds near the middle.

    Thresholds are normal, as the popcounts of random bits are, so that hardly an output is
    constant. The last of several layers has none.
    """
    rng = np.random.default_rng(seed)
    layers: list[ConstantLayer] = []
    for index, (k, h) in enumerate(itertools.pairwise(sizes)):
        weights = rng.integers(0, 2, (k, h)).astype(np.bool_)
        limits = np.clip(np.rint(rng.normal(k / 2, np.sqrt(k) / 2, h)), 0, k + 1).astype(np.int64)
        sums = len(sizes) > 2 and index == len(sizes) - 2
        layers.append(ConstantLayer(weights, None if sums else limits))
    return layers


def expected(layers: Sequence[ConstantLayer], inputs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Result bits [n, bits] of inputs [n, inputs], in integer arithmetic."""
    x = inputs
    popcounts = np.zeros((len(x), 0), np.int64)
    for layer in layers:
        signs = (2 * x.astype(np.int64) - 1) @ (2 * layer.weights.astype(np.int64) - 1)
        popcounts = (signs + len(layer.weights)) // 2
        x = popcounts >= (0 if layer.thresholds is None else layer.thresholds)
    if layers[-1].thresholds is not None:
        return x
    bits = popcounts[:, :, None] >> np.arange(layers[-1].out_bits)
    return (bits & 1).astype(np.bool_).reshape(len(x), -1)
