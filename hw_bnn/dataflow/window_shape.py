# SPDX-License-Identifier: BSD-3-Clause
"""How a window moves over an image, and the cycles that rtl/stream_window*.sv take for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from hw_bnn.dataflow.chain import BLOCKS, WHOLE, WINDOW, Integers, Stage, unit_times


@dataclass(frozen=True)
class WindowShape:
    """What a sliding window does.

    Attributes:
        image: height and width of the input.
        kernel: height and width of a window.
        strides: vertical and horizontal.
        padding: at top, left, bottom, right.
        folds: words per position.
        taps: positions of the kernel per word that leaves: 1, those of a row, or all.
    """

    image: tuple[int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int]
    padding: tuple[int, int, int, int]
    folds: int
    taps: int = 1

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

    @property
    def module(self) -> str:
        """Name of the Verilog module."""
        if self.taps == 1:
            return "stream_window"
        whole = self.taps == math.prod(self.kernel)
        return "stream_window_whole" if whole else "stream_window_rows"

    def stages(self) -> list[Stage]:
        """Describe the module for the model of a whole chain."""
        if self.module == "stream_window_rows":
            return [*self.columns.stages(), *self.rows.stages()]
        shape = (*self.framed, self.folds, *self.kernel, *self.strides, *self.padding[:2])
        if self.module == "stream_window_whole":
            return [Stage(WHOLE, (*shape, *self.image))]
        return [Stage(WINDOW, (*shape, *self.image, self.depth))]

    @property
    def columns(self) -> WindowShape:
        """The windows' columns, one position after the other: first part of stream_window_rows."""
        return replace(self, kernel=(self.kernel[0], 1), strides=(self.strides[0], 1), taps=1)

    @property
    def rows(self) -> WindowShape:
        """Rows of windows from a row of columns: second part of stream_window_rows."""
        (height, width), no_padding = self.kernel, (0, 0, 0, 0)
        image, strides = (1, self.framed[1]), (1, self.strides[1])
        return WindowShape(image, (1, width), strides, no_padding, folds=height, taps=width)

    def pool_stages(self) -> list[Stage]:
        """Describe a max-pool's modules: blocks; in front of them the windows, if they overlap."""
        if not self.overlapping:
            return [Stage(BLOCKS, (*self.image, self.folds, *self.kernel, *self.strides))]
        taps, windows = math.prod(self.kernel), math.prod(self.area)
        return [*self.stages(), Stage(BLOCKS, (windows * taps, 1, self.folds, taps, 1, taps, 1))]

    def times(self, arrivals: Integers) -> Integers:
        """Return the cycle of each word of the windows, given those of the input words."""
        images = len(arrivals) // (math.prod(self.image) * self.folds)
        words = images * math.prod(self.area) * math.prod(self.kernel) * self.folds // self.taps
        return unit_times(self.stages(), arrivals, words)

    @cache  # noqa: B019  (small, and few of them)
    def pace(self) -> int:
        """Return the cycles per image of a long run."""
        images = 4
        words = images * math.prod(self.image) * self.folds
        ends = self.times(np.zeros(words, dtype=np.int64)).reshape(images, -1)[:, -1]
        return int(ends[-1] - ends[-2])
