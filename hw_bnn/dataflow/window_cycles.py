# SPDX-License-Identifier: BSD-3-Clause
"""Cycles of rtl/stream_window.sv, exact if nothing holds up its output."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numba
import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WindowShape:
    """What a sliding window does.

    Attributes:
        image: height and width of the input.
        kernel: height and width of a window.
        strides: vertical and horizontal.
        padding: at top, left, bottom, right.
        folds: words per position.
    """

    image: tuple[int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int]
    padding: tuple[int, int, int, int]
    folds: int

    @property
    def framed(self) -> tuple[int, int]:
        """Height and width with padding."""
        top, left, bottom, right = self.padding
        return self.image[0] + top + bottom, self.image[1] + left + right

    @property
    def area(self) -> tuple[int, int]:
        """Windows in a column and in a row."""
        (height, width), (kh, kw), (sh, sw) = self.framed, self.kernel, self.strides
        return (height - kh) // sh + 1, (width - kw) // sw + 1

    @property
    def depth(self) -> int:
        """Words of the ring: a power of two; the same as in the Verilog."""
        (kh, kw), (sh, sw) = self.kernel, self.strides
        span = ((kh + sh - 2) * self.framed[1] + kw + sw - 1) * self.folds
        return 1 << max(span - 1, 31).bit_length()

    @property
    def overlapping(self) -> bool:
        """Whether an element may be in several windows."""
        return self.kernel[0] > self.strides[0] or self.kernel[1] > self.strides[1]

    def times(self, arrivals: Times) -> Times:
        """Return the cycle of each window's words, given those of the input, whole images."""
        images = len(arrivals) // (math.prod(self.image) * self.folds)
        return _times(
            arrivals, images, self.image, self.framed, self.area, self.kernel, self.strides,
            self.padding[:2], self.folds, self.depth,
        )  # fmt: skip

    @cache  # noqa: B019  (small, and few of them)
    def pace(self) -> int:
        """Return the cycles per image of a long run."""
        images = 4
        words = images * math.prod(self.image) * self.folds
        ends = self.times(np.zeros(words, dtype=np.int64)).reshape(images, -1)[:, -1]
        return int(ends[-1] - ends[-2])


@numba.njit(cache=True)
def _times(
    arrivals: Times, images: int, image: tuple[int, int], framed: tuple[int, int],
    area: tuple[int, int], kernel: tuple[int, int], strides: tuple[int, int],
    corner: tuple[int, int], folds: int, depth: int,
) -> Times:  # fmt: skip
    """Follow the three pointers of the ring; see WindowShape.times."""
    words = framed[0] * framed[1] * folds
    windows = images * area[0] * area[1]
    times = np.empty(windows * kernel[0] * kernel[1] * folds, dtype=np.int64)
    writes = np.empty(images * words, dtype=np.int64)  # when each word was written
    bases = np.empty(windows, dtype=np.int64)  # first word of each window
    since = np.empty(windows, dtype=np.int64)  # when the ring became free behind it
    written = taken = free = count = 0
    write, read = -1, -1
    for window in range(windows):
        place = window % (area[0] * area[1])
        y, x = place // area[1] * strides[0], place % area[1] * strides[1]
        base = window // (area[0] * area[1]) * words + (y * framed[1] + x) * folds
        bases[window], since[window] = base, read + 1
        for row in range(kernel[0]):
            for word in range(kernel[1] * folds):
                index = base + row * framed[1] * folds + word
                while written <= index:
                    write += 1
                    position = written % words // folds
                    top = position // framed[1] - corner[0]
                    left = position % framed[1] - corner[1]
                    inside = 0 <= top < image[0] and 0 <= left < image[1]
                    if inside or written % words == 0:
                        write = max(write, arrivals[taken])
                    taken += inside
                    while bases[free] <= written - depth:
                        free += 1
                    write = max(write, since[free])
                    writes[written] = write
                    written += 1
                read = max(read, writes[index]) + 1
                times[count] = read + 1
                count += 1
    return times


def pool_times(shape: WindowShape, arrivals: Times) -> Times:
    """Return the cycle of each result of stream_max_pool, given those of the input words."""
    (height, width), (kh, kw), (sh, sw) = shape.image, shape.kernel, shape.strides
    if shape.overlapping:
        taps = shape.times(arrivals).reshape(-1, kh * kw, shape.folds)
        return taps[:, -1].reshape(-1) + 1
    beats = np.arange(len(arrivals))
    accepted = np.maximum.accumulate(arrivals - beats) + beats
    places = accepted.reshape(-1, height, width, shape.folds)
    return places[:, kh - 1 :: sh, kw - 1 :: sw].reshape(-1) + 1
