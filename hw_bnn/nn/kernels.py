# SPDX-License-Identifier: BSD-3-Clause
"""Inner loops of training on a CPU, compiled by numba when first used.

Images are [N, H, W, C] here, the channels innermost. Bit 1 stands for +1, 64 channels a word.
All run without Python's lock.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.extending import intrinsic

_ROWS = 64
"""Rows that are summed in float32 before they are added in float64."""

_TILE = 7
"""Windows that are visited for one output after another: what they touch stays in cache."""

_compiled = numba.njit(nogil=True, cache=True, fastmath={"contract", "nnan", "nsz"})


def _declare_popcount(_context: Any, _word: Any) -> Any:
    """Number of ones in a word: the processor's own instruction."""

    def generate(_target: Any, builder: Any, _signature: Any, operands: Any) -> Any:
        return builder.ctpop(operands[0])

    return numba.uint64(numba.uint64), generate


_popcount: Any = intrinsic(_declare_popcount)


@_compiled
def are_signs(x: Any) -> bool:
    """Whether all of x [rows, C] is +1 or -1."""
    one = np.float32(1)
    for row in range(x.shape[0]):
        others = 0
        for c in range(x.shape[1]):
            others += abs(x[row, c]) != one
        if others:
            return False
    return True


@_compiled
def pack(x: Any, bits: Any) -> None:
    """Set bits [rows, words] where x [rows, C] >= 0; the last word's rest is 0."""
    for row in range(x.shape[0]):
        for word in range(bits.shape[1]):
            first = 64 * word
            packed = np.uint64(0)
            for k in range(min(64, x.shape[1] - first)):
                packed |= np.uint64(x[row, first + k] >= 0) << np.uint64(k)
            bits[row, word] = packed


@_compiled
def conv(x: Any, w: Any, taps: int, z: Any) -> None:
    """3x3 convolution by XNOR and popcount: z = taps - 2 differing bits.

    Args:
        x: bits [N, H, W, words].
        w: bits [O, 9 words].
        taps: products in a sum.
        z: float32 [N, H - 2, W - 2, O], written.
    """
    count, height, width, outputs = z.shape
    words = x.shape[3]
    window = np.empty(9 * words, np.uint64)
    for n in range(count):
        for i in range(height):
            for j in range(width):
                _gather(x, n, i, j, window)
                for o in range(outputs):
                    differing = np.uint64(0)
                    for k in range(9 * words):
                        differing += _popcount(window[k] ^ w[o, k])
                    z[n, i, j, o] = np.float32(taps - 2 * np.int64(differing))


@_compiled
def _gather(x: Any, n: int, i: int, j: int, window: Any) -> None:
    words = x.shape[3]
    k = 0
    for a in range(3):
        for b in range(3):
            for word in range(words):
                window[k] = x[n, i + a, j + b, word]
                k += 1


@_compiled
def conv_pool(x: Any, w: Any, taps: int, z: Any, place: Any) -> None:
    """`conv`, then the largest of every 2x2 window, and which it was: the first in rows.

    Args:
        x: bits [N, H, W, words].
        w: bits [O, 9 words].
        taps: products in a sum.
        z: float32 [N, (H - 2) // 2, (W - 2) // 2, O], written.
        place: uint8 like z, 2 row + column in the window, written.
    """
    count, height, width, outputs = z.shape
    words = x.shape[3]
    windows = np.empty((4, 9 * words), np.uint64)
    for n in range(count):
        for i in range(height):
            for j in range(width):
                for p in range(4):
                    _gather(x, n, 2 * i + p // 2, 2 * j + p % 2, windows[p])
                for o in range(outputs):
                    least, where = np.int64(9 * 64 * words + 1), 0
                    for p in range(4):
                        differing = np.uint64(0)
                        for k in range(9 * words):
                            differing += _popcount(windows[p, k] ^ w[o, k])
                        if np.int64(differing) < least:
                            least, where = np.int64(differing), p
                    z[n, i, j, o] = np.float32(taps - 2 * least)
                    place[n, i, j, o] = where


@_compiled
def conv_pool_input_gradient(grad: Any, place: Any, w: Any, x_grad: Any) -> None:
    """Gradient of the input through pool and convolution: one sum of each window has one.

    Args:
        grad: float32 [N, h, w, O].
        place: uint8 like grad, as `conv_pool` wrote it.
        w: float32 [O, 3, 3 C].
        x_grad: float32 [N, H, W C], added to.
    """
    count, height, width, outputs = grad.shape
    span = w.shape[2]
    for n in range(count):
        for i in range(height):
            for start in range(0, width, _TILE):
                for o in range(outputs):
                    for j in range(start, min(start + _TILE, width)):
                        g, p = grad[n, i, j, o], np.int64(place[n, i, j, o])
                        left = (2 * j + p % 2) * (span // 3)
                        for a in range(3):
                            target = x_grad[n, 2 * i + p // 2 + a, left : left + span]
                            weights = w[o, a]
                            for k in range(span):
                                target[k] += g * weights[k]


@_compiled
def conv_pool_weight_gradient(grad: Any, place: Any, x: Any, w_grad: Any) -> None:
    """Gradient of the weights; see conv_pool_input_gradient.

    Four windows are taken at a time, so that a weight's sum is read and written once for all; a
    row's last ones are filled up with gradients of 0.

    Args:
        grad: float32 [N, h, w, O].
        place: uint8 like grad.
        x: float32 [N, H, W C].
        w_grad: float32 [O, 3, 3 C], added to.
    """
    count, height, width, outputs = grad.shape
    span = w_grad.shape[2]
    g, top, left = np.zeros(4, np.float32), np.zeros(4, np.int64), np.zeros(4, np.int64)
    for n in range(count):
        for i in range(height):
            for o in range(outputs):
                for start in range(0, width, 4):
                    g[:] = 0
                    for m in range(min(4, width - start)):
                        j = start + m
                        g[m], p = grad[n, i, j, o], np.int64(place[n, i, j, o])
                        top[m], left[m] = 2 * i + p // 2, (2 * j + p % 2) * (span // 3)
                    for a in range(3):
                        first = x[n, top[0] + a, left[0] : left[0] + span]
                        second = x[n, top[1] + a, left[1] : left[1] + span]
                        third = x[n, top[2] + a, left[2] : left[2] + span]
                        fourth = x[n, top[3] + a, left[3] : left[3] + span]
                        target = w_grad[o, a]
                        for k in range(span):
                            target[k] += (g[0] * first[k] + g[1] * second[k]) + (
                                g[2] * third[k] + g[3] * fourth[k]
                            )


@_compiled
def sums(x: Any) -> Any:
    """Sums of x [rows, C] and of its squares over the rows, in float64."""
    total, squares = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    part, parts = np.zeros(x.shape[1], np.float32), np.zeros(x.shape[1], np.float32)
    for start in range(0, x.shape[0], _ROWS):
        part[:] = 0
        parts[:] = 0
        for row in range(start, min(start + _ROWS, x.shape[0])):
            for c in range(x.shape[1]):
                part[c] += x[row, c]
                parts[c] += x[row, c] * x[row, c]
        total += part
        squares += parts
    return total, squares


@_compiled
def sign(x: Any, scale: Any, offset: Any, y: Any) -> None:
    """Write y = +1 where x scale + offset >= 0, else -1; x and y [rows, C]."""
    one = np.float32(1)
    for row in range(x.shape[0]):
        for c in range(x.shape[1]):
            y[row, c] = one if x[row, c] * scale[c] + offset[c] >= 0 else -one


@_compiled
def window_sums(x: Any, grad: Any, scale: Any, offset: Any) -> Any:
    """Sums of the gradient where |x scale + offset| <= 1, and of it times x, in float64."""
    total, products = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    part, parts = np.zeros(x.shape[1], np.float32), np.zeros(x.shape[1], np.float32)
    zero, one = np.float32(0), np.float32(1)
    for start in range(0, x.shape[0], _ROWS):
        part[:] = 0
        parts[:] = 0
        for row in range(start, min(start + _ROWS, x.shape[0])):
            for c in range(x.shape[1]):
                value = x[row, c]
                g = grad[row, c] if abs(value * scale[c] + offset[c]) <= one else zero
                part[c] += g
                parts[c] += g * value
        total += part
        products += parts
    return total, products


@_compiled
def norm_gradient(
    result: Any, x: Any, grad: Any, scale: Any, offset: Any, slope: Any, constant: Any
) -> None:
    """Write to result scale grad 1[|x scale + offset| <= 1] + slope x + constant."""
    zero, one = np.float32(0), np.float32(1)
    for row in range(x.shape[0]):
        for c in range(x.shape[1]):
            value = x[row, c]
            g = grad[row, c] if abs(value * scale[c] + offset[c]) <= one else zero
            result[row, c] = scale[c] * g + slope[c] * value + constant[c]
