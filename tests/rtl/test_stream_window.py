# SPDX-License-Identifier: BSD-3-Clause
"""stream_window and stream_max_pool against numpy: values, and the exact model of cycles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from hw_bnn.dataflow.chain import unit_times
from hw_bnn.dataflow.window_shape import WindowShape
from hw_bnn.tools.simulator import StreamSimulator

pytestmark = pytest.mark.rtl

Bench = Callable[..., StreamSimulator]
IMAGES = 5
STALLS = [(0.5, 0.0), (0.0, 0.6), (0.4, 0.4)]


@dataclass(frozen=True)
class Case:
    """An image and a window; `lanes` channels of `bits` bits a word."""

    image: tuple[int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    folds: int = 1
    lanes: int = 3
    bits: int = 1

    @property
    def width(self) -> int:
        return self.lanes * self.bits

    @property
    def channels(self) -> int:
        return self.lanes * self.folds

    def parameters(self) -> dict[str, int]:
        names = ("ImageH", "ImageW", "KernelH", "KernelW", "StrideH", "StrideW", "Folds")
        values = (*self.image, *self.kernel, *self.strides, self.folds)
        return dict(zip(names, values, strict=True))

    def shape(self) -> WindowShape:
        return WindowShape(self.image, self.kernel, self.strides, self.padding, self.folds)

    def draw(self, seed: int) -> NDArray[np.int64]:
        rng = np.random.default_rng(seed)
        return rng.integers(0, 2**self.bits, (IMAGES, *self.image, self.channels))

    def beats(self, values: NDArray[np.int64]) -> NDArray[np.uint8]:
        bits = (values.reshape(-1, self.lanes, 1) >> np.arange(self.bits)) & 1
        words = bits.reshape(-1, self.width).astype(np.uint8)
        return np.packbits(words, axis=1, bitorder="little")

    def windows(self, images: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """[N, OH, OW, KH*KW, C], padded with `codes`."""
        top, left, bottom, right = self.padding
        height, width = self.image
        framed = np.empty(
            (len(images), height + top + bottom, width + left + right, self.channels), np.int64
        )
        framed[:] = codes
        framed[:, top : top + height, left : left + width] = images
        (kh, kw), (sh, sw) = self.kernel, self.strides
        _, rows, columns, channels = framed.shape
        return np.array([
            [[image[y : y + kh, x : x + kw].reshape(kh * kw, channels)
              for x in range(0, columns - kw + 1, sw)] for y in range(0, rows - kh + 1, sh)]
            for image in framed
        ])  # fmt: skip


def compare(
    simulator: StreamSimulator,
    beats: NDArray[np.uint8],
    expected: NDArray[np.uint8],
    times: NDArray[np.int64],
) -> None:
    """Values with and without pauses; cycles without."""
    fast = simulator.run(beats, len(expected))
    np.testing.assert_array_equal(fast.outputs, expected)
    np.testing.assert_array_equal(fast.out_cycles, times)  # the first beat is offered in cycle 0
    for seed, (idle, backpressure) in enumerate(STALLS):
        slow = simulator.run(beats, len(expected), idle=idle, backpressure=backpressure, seed=seed)
        np.testing.assert_array_equal(slow.outputs, expected)


WINDOWS = [
    Case((6, 7), (3, 3), padding=(1, 1, 1, 1), folds=2),
    Case((9, 8), (3, 2), (2, 2), (0, 1, 2, 0), folds=3, lanes=2, bits=2),
    Case((5, 4), (5, 4), folds=4, lanes=1, bits=8),  # one window only
    Case((7, 8), (1, 2), (3, 3), folds=2),  # most positions are dropped
    Case((6, 6), (2, 2), (2, 2)),  # as many words out as in
    Case((4, 4), (3, 3), padding=(2, 2, 2, 2), lanes=5),
    Case((12, 12), (3, 3), folds=4, lanes=8),
]


@pytest.mark.parametrize("case", WINDOWS, ids=str)
def test_windows(case: Case, bench: Bench) -> None:
    names = ("PadTop", "PadLeft", "PadBottom", "PadRight")
    simulator = bench(
        "stream_window",
        {"Width": case.width, **case.parameters(), **dict(zip(names, case.padding, strict=True)),
         "PadFile": '"pad.mem"' if any(case.padding) else '""'},
        case.width,
        case.width,
    )  # fmt: skip
    images = case.draw(1)
    codes = np.random.default_rng(2).integers(0, 2**case.bits, case.channels)
    words = case.beats(codes)
    lines = (int.from_bytes(word.tobytes(), "little") for word in words)
    (simulator.data_dir / "pad.mem").write_text("".join(f"{line:x}\n" for line in lines))
    beats = case.beats(images)
    expected = case.beats(case.windows(images, codes))
    compare(simulator, beats, expected, case.shape().times(np.zeros(len(beats), np.int64)))


@pytest.mark.parametrize("case", WINDOWS, ids=str)
def test_pace(case: Case) -> None:
    """Words of the busier side, and where images follow each other a part of a kernel's rows."""
    shape = case.shape()
    height, width = shape.framed
    (kh, kw), (sh, sw) = case.kernel, case.strides
    out = ((height - kh) // sh + 1) * ((width - kw) // sw + 1) * kh * kw * case.folds
    busier = max(height * width * case.folds, out)
    assert busier <= shape.pace() <= busier + (kh - 1) * width * case.folds + 3
    longer = 9
    arrivals = np.zeros(longer * case.image[0] * case.image[1] * case.folds, dtype=np.int64)
    ends = shape.times(arrivals).reshape(longer, -1)[:, -1]
    np.testing.assert_array_equal(np.diff(ends)[3:], shape.pace())


POOLS = [
    Case((8, 8), (2, 2), (2, 2)),
    Case((7, 9), (2, 2), (2, 2), folds=2, bits=2),  # a row and a column left over
    Case((6, 8), (3, 2), (3, 3), lanes=1, bits=5),
    Case((7, 7), (3, 3), (2, 2), folds=2, bits=2),  # windows overlap
]


@pytest.mark.parametrize("case", POOLS, ids=str)
def test_pools(case: Case, bench: Bench) -> None:
    simulator = bench(
        "stream_max_pool",
        {"Bits": case.bits, "Lanes": case.lanes, **case.parameters()},
        case.width,
        case.width,
    )
    images = case.draw(3)
    beats = case.beats(images)
    expected = case.beats(case.windows(images, np.zeros(case.channels)).max(axis=3))
    stages = case.shape().pool_stages()
    times = unit_times(stages, np.zeros(len(beats), dtype=np.int64), len(expected))
    compare(simulator, beats, expected, times)
