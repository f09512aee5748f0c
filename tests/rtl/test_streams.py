# SPDX-License-Identifier: BSD-3-Clause
"""FIFO and width converter: order, capacity, rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from hw_bnn.tools.simulator import StreamSimulator

pytestmark = pytest.mark.rtl

Bench = Callable[..., StreamSimulator]
STALLS = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.7), (0.3, 0.3)]


def random_beats(count: int, bits: int) -> NDArray[np.uint8]:
    lanes = np.random.default_rng(count).integers(0, 2, (count, bits), dtype=np.uint8)
    return np.packbits(lanes, axis=1, bitorder="little")


@pytest.mark.parametrize(("width", "depth"), [(8, 2), (64, 32), (13, 5), (9, 70)])
def test_fifo_keeps_order_and_loses_nothing(width: int, depth: int, bench: Bench) -> None:
    simulator = bench("stream_fifo", {"Width": width, "Depth": depth}, width, width)
    beats = random_beats(500, width)
    for seed, (idle, backpressure) in enumerate(STALLS):
        result = simulator.run(beats, 500, idle=idle, backpressure=backpressure, seed=seed)
        np.testing.assert_array_equal(result.outputs, beats)
        held = np.searchsorted(result.in_cycles, result.out_cycles) - np.arange(500)
        assert held.max() <= depth
    full_rate = simulator.run(beats, 500)
    assert full_rate.cycles == 501  # one word per cycle, one cycle of delay


def test_fifo_fills_to_its_depth_and_the_gauge_sees_it(bench: Bench) -> None:
    for depth in (2, 7, 70):
        simulator = bench("stream_fifo_gauge", {"Width": 8, "Depth": depth}, 8, 8, gauge=True)
        beats = random_beats(200, 8)
        slow = simulator.run(beats, 200, backpressure=0.9)
        assert slow.gauges == [depth]
        before = [
            int((slow.in_cycles < cycle).sum() - (slow.out_cycles < cycle).sum())
            for cycle in range(slow.cycles + 1)
        ]
        assert max(before) == depth
        assert simulator.run(beats, 200).gauges == [1]


@pytest.mark.parametrize(
    ("in_width", "out_width"),
    [(8, 8), (8, 32), (32, 8), (3, 12), (12, 3), (24, 16), (16, 24), (7, 3), (64, 32), (1, 5)],
)
def test_width_converter(in_width: int, out_width: int, bench: Bench) -> None:
    simulator = bench(
        "stream_dwc", {"InWidth": in_width, "OutWidth": out_width}, in_width, out_width
    )
    bits = np.random.default_rng(1).integers(0, 2, 60 * in_width * out_width, dtype=np.uint8)
    beats = np.packbits(bits.reshape(-1, in_width), axis=1, bitorder="little")
    expected = np.packbits(bits.reshape(-1, out_width), axis=1, bitorder="little")
    for seed, (idle, backpressure) in enumerate(STALLS):
        result = simulator.run(
            beats, len(expected), idle=idle, backpressure=backpressure, seed=seed
        )
        np.testing.assert_array_equal(result.outputs, expected)
        if idle == backpressure == 0:  # the narrower side moves in every cycle
            cycles = result.in_cycles if in_width < out_width else result.out_cycles
            np.testing.assert_array_equal(np.diff(cycles), 1)
