# SPDX-License-Identifier: BSD-3-Clause
"""Contents of weight and threshold memories, as `$readmemh` reads them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def hex_lines(words: npt.NDArray[np.bool_]) -> str:
    """Return one line of hexadecimal digits per word.

    Args:
        words: bool [depth, bits], bit 0 first.
    """
    depth, bits = words.shape
    digits = -(-bits // 4)
    padded = np.zeros((depth, digits * 4), dtype=np.uint8)
    padded[:, :bits] = words
    nibbles = padded.reshape(depth, digits, 4) @ np.array([1, 2, 4, 8], dtype=np.uint8)
    return "".join("".join(f"{n:x}" for n in row[::-1]) + "\n" for row in nibbles)


def weight_words(weights: npt.NDArray[np.int8], pe: int, simd: int) -> npt.NDArray[np.bool_]:
    """Order weights as the matrix-vector unit reads them.

    Args:
        weights: [inputs, outputs] of 0 and 1 (1 stands for +1).
        pe: outputs per word; divides the number of outputs.
        simd: inputs per word; divides the number of inputs.

    Returns:
        bool [outputs/pe * inputs/simd, pe * simd]: word n*SF+s holds, at bit p*simd+i, the weight
        of output n*pe+p for input s*simd+i.
    """
    inputs, outputs = weights.shape
    folded = weights.T.reshape(outputs // pe, pe, inputs // simd, simd)
    return folded.transpose(0, 2, 1, 3).reshape(-1, pe * simd).astype(np.bool_)


def threshold_words(thresholds: npt.NDArray[np.int64], pe: int, bits: int) -> npt.NDArray[np.bool_]:
    """Order thresholds as the matrix-vector unit reads them.

    Args:
        thresholds: [outputs] of unsigned numbers below 2**bits.
        pe: outputs per word.
        bits: width of one threshold.

    Returns:
        bool [outputs/pe, pe * bits]: word n holds, at bit p*bits, that of output n*pe+p.
    """
    values = thresholds.reshape(-1, pe, 1) >> np.arange(bits)
    return (values & 1).astype(np.bool_).reshape(-1, pe * bits)
