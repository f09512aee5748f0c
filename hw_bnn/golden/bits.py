# SPDX-License-Identifier: BSD-3-Clause
"""Rows of bits packed into 64-bit words, and popcounts of their agreement."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_WORDS_PER_BYTE = 3
"""Words whose differing bits, at most 64 each, can be counted in eight bits."""


def pack(bits: npt.NDArray[np.bool_]) -> Words:
    """Pack [rows, n] bits into [rows, ceil(n/64)] words; unused bits are 0."""
    octets = np.packbits(bits, axis=1, bitorder="little")
    words = -(-bits.shape[1] // 64)
    padded = np.zeros((len(bits), words * 8), dtype=np.uint8)
    padded[:, : octets.shape[1]] = octets
    return padded.view(np.uint64)


def agreements(inputs: Words, weights: Words, bits: int) -> npt.NDArray[np.int32]:
    """P[i, h] = number of equal bits in inputs[i] and weights[h].

    Args:
        inputs: [rows, words].
        weights: [outputs, words].
        bits: bits in use; the unused ones are 0 on both sides.

    Returns:
        int32 [rows, outputs], 0..bits.
    """
    shape = (len(inputs), len(weights))
    different = np.zeros(shape, dtype=np.int32)
    apart, count = np.empty(shape, dtype=np.uint64), np.empty(shape, dtype=np.uint8)
    for first in range(0, inputs.shape[1], _WORDS_PER_BYTE):
        words = range(first, min(first + _WORDS_PER_BYTE, inputs.shape[1]))
        total = np.zeros(shape, dtype=np.uint8)
        for word in words:
            np.bitwise_xor(inputs[:, word, None], weights[None, :, word], out=apart)
            np.bitwise_count(apart, out=count)
            total += count
        different += total
    return np.int32(bits) - different
