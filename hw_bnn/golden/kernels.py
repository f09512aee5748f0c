# SPDX-License-Identifier: BSD-3-Clause
"""Inner loops of the golden executor, compiled by numba when first used.

Tensors of codes are packed: code = lo + step * u, and bit k of u, for 64 channels a word, lies in
plane k of planes [bits, N, H, W, words]. Unused bits of the last word are 0. All kernels run
without Python's lock, so that threads work side by side.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba.extending import intrinsic

Planes = npt.NDArray[np.uint64]

_compiled = numba.njit(nogil=True, cache=True)
_inlined = numba.njit(nogil=True, cache=True, inline="always")


def _declare_popcount(_context: Any, _word: Any) -> Any:
    """Number of ones in a word: the processor's own instruction."""

    def generate(_target: Any, builder: Any, _signature: Any, operands: Any) -> Any:
        return builder.ctpop(operands[0])

    return numba.uint64(numba.uint64), generate


_popcount: Any = intrinsic(_declare_popcount)


@_inlined
def _plane(octets: npt.NDArray[np.uint64], word: int, k: int) -> np.uint64:
    """Collect bit k of 64 bytes, eight in each element of `octets`; the first becomes bit 0.

    The product brings the lowest bits of eight bytes side by side into the highest byte.
    """
    packed = np.uint64(0)
    for part in range(8):
        ones = (octets[8 * word + part] >> np.uint64(k)) & np.uint64(0x0101010101010101)
        packed |= ((ones * np.uint64(0x0102040810204080)) >> np.uint64(56)) << np.uint64(8 * part)
    return packed


@_compiled
def quantise(
    images: npt.NDArray[np.float32],
    unit: np.float32,
    source: npt.NDArray[np.int32],
    table: npt.NDArray[np.uint8],
    planes: Planes,
) -> int:
    """Turn images into packed codes, and check that they are made of pixels.

    Args:
        images: [N, elements], each exactly p/unit with a pixel p in 0..255.
        unit: 255 or 1.
        source: [H, W, C], the element that each code is made of.
        table: [C, 256], u for each pixel.
        planes: receives the codes.

    Returns:
        The number of the first image with an element off that grid; -1 if there is none.
    """
    bits, words = planes.shape[0], planes.shape[4]
    height, width, channels = source.shape
    pixels = np.empty(images.shape[1], dtype=np.uint8)
    octets = np.zeros(8 * words, dtype=np.uint64)
    codes = octets.view(np.uint8)
    for n in range(images.shape[0]):
        wrong = False
        for e in range(images.shape[1]):
            value = images[n, e]
            pixel = np.rint(value * unit)
            wrong |= not (pixel / unit == value and pixel >= 0 and pixel <= 255)
            pixels[e] = np.uint8(pixel)
        if wrong:
            return n
        for y in range(height):
            for x in range(width):
                for c in range(channels):
                    codes[c] = table[c, pixels[source[y, x, c]]]
                for word in range(words):
                    for k in range(bits):
                        planes[k, n, y, x, word] = _plane(octets, word, k)
    return -1


@_inlined
def _gather(
    planes: Planes, place: tuple[int, int, int], kernel: tuple[int, int], channels: int,
    window: npt.NDArray[np.uint64],
) -> None:  # fmt: skip
    """Join the channels of all positions of a window, bit behind bit; window [bits, words]."""
    n, top, left = place
    window[:] = 0
    for k in range(planes.shape[0]):
        end = 0
        for y in range(top, top + kernel[0]):
            for x in range(left, left + kernel[1]):
                for word in range(planes.shape[4]):
                    value = planes[k, n, y, x, word]
                    at, shift = end >> 6, np.uint64(end & 63)
                    count = min(64, channels - 64 * word)
                    window[k, at] |= value << shift
                    if (end & 63) + count > 64:
                        window[k, at + 1] |= value >> (np.uint64(64) - shift)
                    end += count


@_compiled
def differences(
    planes: Planes, channels: int, kernel: tuple[int, int], strides: tuple[int, int],
    weights: npt.NDArray[np.uint64], counts: npt.NDArray[np.int32],
) -> None:  # fmt: skip
    """D[n, y, x, h] = sum over planes k of 2^k times the bits that differ from the weights.

    Args:
        planes: the input.
        channels: of the input.
        kernel: height and width of the window; a matrix product has a window of 1 x 1.
        strides: of the window.
        weights: [words, outputs], bit 1 for +1, in the order (height, width, channel).
        counts: receives D, [N, OH, OW, outputs].
    """
    words, outputs = weights.shape
    bits = planes.shape[0]
    window = np.empty((bits, words), dtype=np.uint64)
    totals = np.empty(outputs, dtype=np.uint64)  # innermost and alone: a loop for vector units
    for n in range(counts.shape[0]):
        for y in range(counts.shape[1]):
            for x in range(counts.shape[2]):
                place = (n, y * strides[0], x * strides[1])
                _gather(planes, place, kernel, channels, window)
                totals[:] = 0
                for k in range(bits):
                    for word in range(words):
                        taps = window[k, word]
                        for h in range(outputs):
                            different = _popcount(taps ^ weights[word, h])
                            totals[h] += different << np.uint64(k)
                for h in range(outputs):
                    counts[n, y, x, h] = np.int32(totals[h])


@_compiled
def threshold(
    counts: npt.NDArray[np.int32],
    bounds: npt.NDArray[np.int32],
    start: npt.NDArray[np.uint8],
    direction: npt.NDArray[np.uint8],
    planes: Planes,
) -> None:
    """Turn differences into packed codes.

    u = start + direction * (number of bounds that D does not exceed), modulo 256

    Args:
        counts: D, [N, H, W, outputs].
        bounds: [steps, outputs].
        start: [outputs].
        direction: [outputs], 1 or -1 (255).
        planes: receives the codes.
    """
    steps, outputs = bounds.shape
    bits, words = planes.shape[0], planes.shape[4]
    octets = np.zeros(8 * words, dtype=np.uint64)
    codes = octets.view(np.uint8)
    for n in range(counts.shape[0]):
        for y in range(counts.shape[1]):
            for x in range(counts.shape[2]):
                codes[:outputs] = start
                for step in range(steps):
                    for h in range(outputs):
                        passed = np.uint8(counts[n, y, x, h] <= bounds[step, h])
                        codes[h] += np.uint8(direction[h] * passed)
                for word in range(words):
                    for k in range(bits):
                        planes[k, n, y, x, word] = _plane(octets, word, k)


@_compiled
def pool(
    planes: Planes, kernel: tuple[int, int], strides: tuple[int, int],
    flip: npt.NDArray[np.uint64], result: Planes,
) -> None:  # fmt: skip
    """Take the largest code of each window; the smallest where `flip` has ones.

    Plane by plane from the highest: a code is larger where its first different bit is 1. The
    smallest is the largest of the complements.

    Args:
        planes: the input.
        kernel: height and width of the window.
        strides: of the window.
        flip: [words].
        result: receives the codes.
    """
    bits = planes.shape[0]
    for n in range(result.shape[1]):
        for y in range(result.shape[2]):
            for x in range(result.shape[3]):
                for word in range(result.shape[4]):
                    for k in range(bits):
                        first = planes[k, n, y * strides[0], x * strides[1], word]
                        result[k, n, y, x, word] = first ^ flip[word]
                    for index in range(1, kernel[0] * kernel[1]):
                        row = y * strides[0] + index // kernel[1]
                        column = x * strides[1] + index % kernel[1]
                        larger, equal = np.uint64(0), ~np.uint64(0)
                        for k in range(bits - 1, -1, -1):
                            code = planes[k, n, row, column, word] ^ flip[word]
                            best = result[k, n, y, x, word]
                            larger |= equal & code & ~best
                            equal &= ~(code ^ best)
                        for k in range(bits):
                            code = planes[k, n, row, column, word] ^ flip[word]
                            best = result[k, n, y, x, word]
                            result[k, n, y, x, word] = (code & larger) | (best & ~larger)
                    for k in range(bits):
                        result[k, n, y, x, word] ^= flip[word]
