# SPDX-License-Identifier: BSD-3-Clause
"""The levels of a quantised tensor: integer codes times a power of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError

MOST_INPUT_LEVELS = 256
"""Levels of an 8-bit input."""

MOST_LEVELS = 16
"""Levels of a 4-bit activation."""


SCALES = (2.0**-32, 2.0**32)
"""Smallest and largest scale: products of two and sums of them stay normal float32 numbers."""


def is_power_of_two(value: float) -> bool:
    """Whether sums of +-value are exact in float32 in any order."""
    return bool(SCALES[0] <= value <= SCALES[1] and np.frexp(value)[0] == 0.5)


@dataclass(frozen=True)
class Levels:
    """Values scale * code, with codes lo, lo + step, ..., hi.

    A bipolar tensor has the codes -1 and +1, so its step is 2; every other tensor has step 1.
    """

    lo: int
    hi: int
    step: int
    scale: float

    @property
    def bipolar(self) -> bool:
        """Whether the codes are -1 and +1."""
        return self.step == 2

    @property
    def steps(self) -> int:
        """Number of thresholds between the levels."""
        return (self.hi - self.lo) // self.step

    def codes(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        """Return the codes of values that are on the levels."""
        codes: npt.NDArray[np.int64] = np.rint(values / np.float32(self.scale)).astype(np.int64)
        return codes


def find_levels(values: npt.NDArray[np.float32], what: str, most: int = MOST_LEVELS) -> Levels:
    """Find the levels of all the values that a tensor takes.

    Args:
        values: every value that occurs, in any shape.
        what: names the tensor, for messages.
        most: how many levels are quantised; more are taken for float values.

    Raises:
        HwBnnError: if they are not few, finite, and multiples of a power of two.
    """
    found = np.unique(values)
    if not np.isfinite(found).all():
        raise HwBnnError(f"{what} takes values that are not finite; retrain or mend the model")
    magnitudes = np.unique(np.abs(found))
    if len(magnitudes) == 1 and is_power_of_two(float(magnitudes[0])):
        return Levels(-1, 1, 2, float(magnitudes[0]))
    shown = ", ".join(f"{v:g}" for v in found[:4]) + (", ..." if len(found) > 4 else "")
    scale = largest_unit(magnitudes)
    lo, hi = int(float(found[0]) / scale), int(float(found[-1]) / scale)
    if not SCALES[0] <= scale <= SCALES[1] and len(found) <= most:
        raise HwBnnError(
            f"{what} takes the levels {shown}: multiples of {scale:g}, which is not between 2^-32 "
            "and 2^32; use a quantiser with a scale near 1"
        )
    if hi - lo >= most:
        if len(found) <= most:
            raise HwBnnError(
                f"{what} takes the levels {shown}, which are not multiples of one power of two: "
                "float32 sums of them depend on the order of summation; use a quantiser "
                "with a power-of-two scale, or -1 and +1; where pixels are the layer's input, take "
                "uint8 as the build's input"
            )
        raise HwBnnError(
            f"{what} takes {len(found)} levels ({shown}): float activations are not supported; "
            "put a quantiser with few levels before the next layer"
        )
    return Levels(lo, max(hi, lo + 1), 1, scale)


def largest_unit(magnitudes: npt.NDArray[np.floating]) -> float:
    """Return the largest power of two that divides all the values; 1 for zeros alone."""
    units = [1.0]
    positive = magnitudes[magnitudes > 0]
    if len(positive):
        mantissas, exponents = np.frexp(positive.astype(np.float64))
        whole = (mantissas * 2.0**24).astype(np.int64)
        units = list((whole & -whole) * 2.0 ** (exponents - 24.0))
    return float(min(units))
