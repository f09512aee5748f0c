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


def shell(name: str, instance: str, inputs: int, outputs: int, latency: int) -> str:
    """Return a stream unit around logic that cannot stand still: for ready_i = 1 only.

    Args:
        name: of the module.
        instance: instantiation of the logic, from data_i to data_o, with clock clk_i.
        inputs: bits of data_i.
        outputs: bits of data_o.
        latency: cycles from data_i to data_o.
    """
    valid = ["  assign valid_o = valid_i;", "  wire unused = ^{clk_i, rst_ni, ready_i};"]
    if latency:
        valid = [
            f"  reg [{latency - 1}:0] valid_q;",
            f"  always @(posedge clk_i) valid_q <= rst_ni ? {latency}'({{valid_q, valid_i}}) : '0;",
            f"  assign valid_o = valid_q[{latency - 1}];",
            "  wire unused = ready_i;",
        ]
    return "\n".join([
        f"module {name} (",
        "  input wire clk_i, input wire rst_ni,",
        f"  input wire [{inputs - 1}:0] data_i, input wire valid_i, output wire ready_o,",
        f"  output wire [{outputs - 1}:0] data_o, output wire valid_o, input wire ready_i",
        ");",
        "  assign ready_o = 1'b1;",
        *valid,
        f"  {instance}",
        "endmodule",
        "",
    ])  # fmt: skip
