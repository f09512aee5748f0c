# SPDX-License-Identifier: BSD-3-Clause
"""What the unsigned values of a dataflow graph stand for: codes of the integer network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

METADATA = "hw_bnn_values"
"""Key of a dataflow graph's metadata: JSON, a list of Values: the input's, then each layer's."""

LABEL = "label"
"""Layer of the last Values in a graph that gives classes: the number of one, [1]."""


QUANTISER = "input quantiser"
"""Layer of the second Values in a graph that takes pixels: the codes made of them."""


@dataclass(frozen=True)
class Values:
    """code = base[c] + factor[c] * u, for u in channel c of a tensor [N, ..., C].

    The factor is negative where the hardware leaves a sign to the next layer's weights.

    Attributes:
        layer: the source layer whose result this is; "" for the input.
        base, factor: one number per channel, or a single one for all.
        shape: of the codes of one image in the integer network: [C, H, W], or [K].
        order: where each element of `shape`, flat, comes from in [C, ...], flat; None: in order.
    """

    layer: str
    base: list[int]
    factor: list[int]
    shape: list[int]
    order: list[int] | None = None

    def codes(self, u: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """Turn a graph's values [N, ..., C] into codes [N, *shape]."""
        base, factor = (np.array(part, dtype=np.int32) for part in (self.base, self.factor))
        codes = np.moveaxis(base + factor * np.rint(u).astype(np.int32), -1, 1)
        codes = codes.reshape(len(u), -1)
        if self.order is not None:
            codes = codes[:, self.order]
        return codes.reshape(len(u), *self.shape)

    def hardware(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        """Turn codes [N, C, ...] into a graph's values [N, ..., C]; not for an order of its own."""
        base, factor = (np.array(part, dtype=np.int32) for part in (self.base, self.factor))
        return ((np.moveaxis(codes.astype(np.int32), 1, -1) - base) // factor).astype(np.uint8)


def write_values(model: ModelWrapper, values: Sequence[Values]) -> None:
    """Store the meaning of a graph's values in its metadata."""
    model.set_metadata_prop(METADATA, json.dumps([asdict(item) for item in values]))


def read_values(model: ModelWrapper) -> list[Values] | None:
    """Return the meaning of a dataflow graph's values: input, then layers; None for others."""
    text = model.get_metadata_prop(METADATA)
    return [Values(**item) for item in json.loads(text)] if text else None
