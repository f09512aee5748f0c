# SPDX-License-Identifier: BSD-3-Clause
"""input_quantiser against numpy: codes with random pauses, and one word a cycle without."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from hw_bnn.dataflow.chain import MATRIX, Stage, unit_times
from hw_bnn.tools.simulator import StreamSimulator

pytestmark = pytest.mark.rtl

STALLS = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.6), (0.4, 0.4)]


def beats_of(values: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    bits = (values[..., None] >> np.arange(width)) & 1
    return np.packbits(bits.reshape(len(values), -1).astype(np.uint8), axis=1, bitorder="little")


@pytest.mark.parametrize(
    ("lanes", "words", "steps"), [(3, 1, 1), (5, 4, 1), (1, 3, 3), (2, 2, 4), (4, 1, 15)]
)
def test_codes(lanes: int, words: int, steps: int, bench: Callable[..., StreamSimulator]) -> None:
    rng = np.random.default_rng(steps)
    thresholds = np.sort(rng.integers(0, 257, (words, lanes, steps)), axis=2)
    thresholds[0, 0, 0], thresholds[-1, -1, -1] = 0, 256  # always and never
    falls = rng.random((words, lanes)) < 0.4
    pixels = rng.integers(0, 256, (30 * words, lanes))
    pixels[: len(pixels) // 2 : 3] = rng.choice(thresholds.reshape(-1), lanes).clip(0, 255)
    reached = pixels[..., None] >= np.tile(thresholds, (30, 1, 1))
    codes = (reached != np.tile(falls, (30, 1))[..., None]).sum(axis=2)

    width = steps.bit_length()
    simulator = bench(
        "input_quantiser",
        {"Lanes": lanes, "Words": words, "Thresholds": steps, "ThresholdFile": '"pixels.mem"'},
        8 * lanes,
        width * lanes,
    )
    lines = []
    for word, fall in zip(thresholds.tolist(), falls.tolist(), strict=True):
        fields = [f"{int(f)}" + "".join(f"{t:09b}" for t in (ts if f else reversed(ts)))
                  for ts, f in zip(word, fall, strict=True)]  # fmt: skip
        lines.append(int("".join(reversed(fields)), 2))
    (simulator.data_dir / "pixels.mem").write_text("".join(f"{line:x}\n" for line in lines))
    beats, expected = beats_of(pixels, 8), beats_of(codes, width)
    for seed, (idle, backpressure) in enumerate(STALLS):
        result = simulator.run(beats, len(beats), idle=idle, backpressure=backpressure, seed=seed)
        np.testing.assert_array_equal(result.outputs, expected)
        if not (idle or backpressure):
            times = unit_times([Stage(MATRIX, (1, 1, 2))], np.arange(len(beats)), len(beats))
            np.testing.assert_array_equal(result.out_cycles, times)
