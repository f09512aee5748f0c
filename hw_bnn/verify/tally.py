# SPDX-License-Identifier: BSD-3-Clause
"""Counts where a stage differs from its reference, and finds the first place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.verify.boundaries import Boundary, Values

SHOWN = 16
"""Channels listed by number."""


class Tally:
    """Differences of one stage, summed up over chunks of images.

    Attributes:
        wrong: for each boundary the elements, flat, that differ in any image.
    """

    def __init__(self, stage: str, reference: str, boundaries: Sequence[Boundary]) -> None:
        """Start with nothing compared."""
        self.stage, self.reference, self.boundaries = stage, reference, boundaries
        self.wrong = [np.zeros(int(np.prod(b.shape)), dtype=np.bool_) for b in boundaries]
        self._samples = self._mismatches = 0
        self._compared = [0] * len(boundaries)
        self._differing = [0] * len(boundaries)
        self._first: tuple[int, int, int, float, float] | None = None

    def add(self, start: int, found: Values, expected: Values) -> None:
        """Compare a chunk.

        Args:
            start: number of its first image.
            found: of the stage.
            expected: of the reference, for the same images or more.

        Raises:
            HwBnnError: if the shapes differ.
        """
        count = next(len(values) for values in found if values is not None)
        different = np.zeros(count, dtype=np.bool_)
        for index, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
            if ours is None or theirs is None:
                continue
            wrong = self._compare(index, ours, theirs[:count])
            images = np.asarray(wrong.any(axis=1))
            self.wrong[index] |= wrong.any(axis=0)
            different |= images
            self._compared[index] += count
            self._differing[index] += int(images.sum())
            if images.any() and (self._first is None or index < self._first[0]):
                image = int(np.argmax(images))
                element = int(np.argmax(wrong[image]))
                values = [float(array[image].reshape(-1)[element]) for array in (ours, theirs)]
                self._first = (index, start + image, element, values[0], values[1])
        self._samples += count
        self._mismatches += int(different.sum())

    def _compare(
        self, index: int, ours: npt.NDArray[Any], theirs: npt.NDArray[Any]
    ) -> npt.NDArray[np.bool_]:
        shape = self.boundaries[index].shape
        if (ours.shape[1:], theirs.shape[1:]) != (shape, shape):
            raise HwBnnError(
                f"{self.stage} has shape {list(ours.shape[1:])} at {self.boundaries[index].name}, "
                f"{self.reference} {list(theirs.shape[1:])}; were they built from the same model?"
            )
        return np.asarray(ours != theirs).reshape(len(ours), -1)

    def row(self) -> dict[str, Any]:
        """Return the stage's row of the report."""
        layers = [
            {"layer": boundary.name, "samples": compared, "mismatches": differing}
            for boundary, compared, differing in zip(
                self.boundaries, self._compared, self._differing, strict=True
            )
        ]
        return {
            "stage": self.stage,
            "reference": self.reference,
            "samples": self._samples,
            "mismatches": self._mismatches,
            "layers": layers,
            "first": self._where(),
        }

    def _where(self) -> dict[str, Any] | None:
        if self._first is None:
            return None
        index, sample, element, found, expected = self._first
        boundary = self.boundaries[index]
        channel, position = boundary.place(element)
        channels = boundary.channels(self.wrong[index])
        place = f" at ({', '.join(map(str, position))})" if position else ""
        return {
            "text": f"layer {boundary.name}, channel {channel}{place}, image {sample}: "
            f"{found:.9g} instead of {expected:.9g}",
            "layer": boundary.name,
            "sample": sample,
            "channel": channel,
            "position": list(position),
            "found": found,
            "expected": expected,
            "channels": channels[:SHOWN].tolist(),
            "channels_in_all": len(channels),
        }
