# SPDX-License-Identifier: BSD-3-Clause
"""Hardware as a stage: simulated once on all its images, decoded chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.verify.boundaries import Values
from hw_bnn.verify.stages import with_outputs

if TYPE_CHECKING:
    from hw_bnn.build.accelerator import Accelerator, Stalls
    from hw_bnn.golden import Golden
    from hw_bnn.progress import Advance


class Simulated:
    """What an accelerator gave for some images."""

    def __init__(
        self,
        accelerator: Accelerator,
        golden: Golden,
        images: npt.NDArray[np.float32],
        stalls: Stalls | None = None,
        advance: Advance | None = None,
    ) -> None:
        """Simulate, and keep what moves behind every layer."""
        self._golden, self._accelerator = golden, accelerator
        self._inputs = accelerator.inputs(golden, images)
        self._run = accelerator.simulate(self._inputs, stalls, advance, record=True)

    def __call__(self, start: int, stop: int) -> Values:
        """Return the values of the images from `start` up to `stop`."""
        layers = range(len(self._run.taps))
        hidden = [self._accelerator.layer(self._run, layer, start, stop) for layer in layers]
        last = self._run.outputs[start:stop]
        quantises = self._accelerator.streams.quantises  # then the codes are the first of hidden
        codes = [] if quantises else [self._inputs[start:stop]]
        return with_outputs(self._golden, [*codes, *hidden, last])
