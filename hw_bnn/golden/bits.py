# SPDX-License-Identifier: BSD-3-Clause
"""Rows of bits packed into 64-bit words, and counts of the bits that differ."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

_WORDS_PER_BYTE = 3
"""Words whose differing bits, at most 64 each, can be counted in eight bits."""


def pack(bits: npt.NDArray[np.bool_]) -> Words:
    """Pack [rows, n] bits into [ceil(n/64), rows] words, word by word; unused bits are 0."""
    octets = np.packbits(np.ascontiguousarray(bits), axis=1, bitorder="little")
    words = -(-bits.shape[1] // 64)
    padded = np.zeros((len(bits), words * 8), dtype=np.uint8)
    padded[:, : octets.shape[1]] = octets
    return np.ascontiguousarray(padded.view(np.uint64).T)


class Differ:
    """Counts differing bits between many inputs and the fixed weights of a layer.

    Buffers are kept: making them anew for every call would cost as much as the work. Inputs lie
    along the last axis, so that inner loops are long.
    """

    def __init__(self, weights: Words, rows: int) -> None:
        """Prepare for weights [words, outputs] and up to `rows` inputs at a time."""
        words, outputs = weights.shape
        self.weights = weights
        self.apart = np.empty((outputs, rows), dtype=np.uint64)
        self.count = np.empty((outputs, rows), dtype=np.uint8)
        self.total = np.empty((outputs, rows), dtype=np.uint8)
        self.dtype = np.min_scalar_type(64 * words)

    def __call__(self, inputs: Words) -> npt.NDArray[np.unsignedinteger]:
        """D[h, i] = number of bits in which weights[:, h] and inputs[:, i] differ.

        Args:
            inputs: [words, rows].

        Returns:
            [outputs, rows] of `dtype`; overwritten by the next call.
        """
        words, rows = inputs.shape
        apart, count, total = (buffer[:, :rows] for buffer in (self.apart, self.count, self.total))
        different: npt.NDArray[np.unsignedinteger] | None = None
        for first in range(0, words, _WORDS_PER_BYTE):
            for word in range(first, min(first + _WORDS_PER_BYTE, words)):
                np.bitwise_xor(self.weights[word, :, None], inputs[word, None, :], out=apart)
                np.bitwise_count(apart, out=total if word == first else count)
                if word != first:
                    total += count
            if different is None:
                different = total.astype(self.dtype, copy=words > _WORDS_PER_BYTE)
            else:
                different += total
        assert different is not None  # there is at least one word
        return different
