# SPDX-License-Identifier: BSD-3-Clause
"""Windows and max-pools against numpy: values, and the exact model of cycles."""

from __future__ import annotations

import functools
import random
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
    """An image and a window; `lanes` channels of `bits` bits a word, `taps` positions at a time."""

    image: tuple[int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    folds: int = 1
    lanes: int = 3
    bits: int = 1
    taps: int = 1

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
        return WindowShape(
            self.image, self.kernel, self.strides, self.padding, self.folds, self.taps
        )

    def draw(self, seed: int) -> NDArray[np.int64]:
        rng = np.random.default_rng(seed)
        return rng.integers(0, 2**self.bits, (IMAGES, *self.image, self.channels))

    def beats(self, values: NDArray[np.int64], taps: int = 1) -> NDArray[np.uint8]:
        bits = (values.reshape(-1, taps * self.lanes, 1) >> np.arange(self.bits)) & 1
        words = bits.reshape(-1, taps * self.width).astype(np.uint8)
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
    times: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    *,
    framed: bool = False,
) -> None:
    """Values with any pauses; cycles without, with pauses between images, and within them.

    Behind a frame the cycle in which a word was taken does not tell when it was offered.
    """
    words, late = len(beats) // IMAGES, 4 * len(expected) + len(beats)
    for interval in (0, late):
        run = simulator.run(beats, len(expected), group=words, interval=interval)
        np.testing.assert_array_equal(run.outputs, expected)
        offered = np.repeat(np.arange(IMAGES) * interval, words)
        np.testing.assert_array_equal(run.out_cycles, times(offered))
    for seed, (idle, backpressure) in enumerate(STALLS):
        slow = simulator.run(beats, len(expected), idle=idle, backpressure=backpressure, seed=seed)
        np.testing.assert_array_equal(slow.outputs, expected)
        if not framed and not backpressure:
            np.testing.assert_array_equal(slow.out_cycles, times(slow.in_cycles))


WINDOWS = [
    Case((6, 7), (3, 3), padding=(1, 1, 1, 1), folds=2),
    Case((9, 8), (3, 2), (2, 2), (0, 1, 2, 0), folds=3, lanes=2, bits=2),
    Case((5, 4), (5, 4), folds=4, lanes=1, bits=8),  # one window only
    Case((7, 8), (1, 2), (3, 3), folds=2),  # most positions are dropped
    Case((6, 6), (2, 2), (2, 2)),  # as many words out as in
    Case((4, 4), (3, 3), padding=(2, 2, 2, 2), lanes=5),
    Case((12, 12), (3, 3), folds=4, lanes=8),
]


def drawn(seed: int) -> Case:
    """A window of a row or of all of the kernel at a time."""
    rng = random.Random(seed)
    kernel = height, width = rng.randint(1, 4), rng.randint(2, 4)
    padding = tuple(rng.choice((0, 0, 1, 2)) for _ in range(4))
    image = rng.randint(height, height + 6), rng.randint(width, width + 6)
    strides = rng.randint(1, 3), rng.randint(1, 3)
    taps = rng.choice((width, width * height))
    return Case(image, kernel, strides, padding, 1, rng.randint(1, 5), rng.randint(1, 3), taps)


WIDER = [
    Case((6, 7), (3, 3), padding=(1, 1, 1, 1), taps=3),
    Case((6, 7), (3, 3), padding=(1, 1, 1, 1), taps=9),
    Case((6, 1), (3, 1), lanes=2, taps=3),  # a column: no row to remember
    Case((1, 6), (1, 3), (1, 2), taps=3),  # a row
    Case((7, 6), (2, 3), (3, 2), folds=3, lanes=2, taps=6),  # parts of positions
    *map(drawn, range(6)),
]


@pytest.mark.parametrize("case", [*WINDOWS, *WIDER], ids=str)
def test_windows(case: Case, bench: Bench) -> None:
    names = ("PadTop", "PadLeft", "PadBottom", "PadRight")
    shape = case.shape()
    parameters: dict[str, str | int] = {
        "Width": case.width, **case.parameters(), **dict(zip(names, case.padding, strict=True)),
        "PadFile": '"pad.mem"' if any(case.padding) else '""',
    }  # fmt: skip
    if shape.module == "stream_window_rows":
        del parameters["Folds"]
    simulator = bench(shape.module, parameters, case.width, case.width * case.taps)
    images = case.draw(1)
    codes = np.random.default_rng(2).integers(0, 2**case.bits, case.channels)
    words = case.beats(codes)
    lines = (int.from_bytes(word.tobytes(), "little") for word in words)
    (simulator.data_dir / "pad.mem").write_text("".join(f"{line:x}\n" for line in lines))
    windows = case.windows(images, codes)
    if case.taps > 1 and case.folds > 1:  # the parts of a position one after the other
        windows = windows.reshape(*windows.shape[:-1], case.folds, case.lanes).swapaxes(-2, -3)
    expected = case.beats(windows, case.taps)
    framed = any(case.padding)
    compare(simulator, case.beats(images), expected, shape.times, framed=framed)


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
    times = functools.partial(unit_times, stages, outputs=len(expected))
    compare(simulator, beats, expected, times)
