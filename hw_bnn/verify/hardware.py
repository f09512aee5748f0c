# SPDX-License-Identifier: BSD-3-Clause
"""The RTL as a stage: simulated once on all its images, decoded chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.build.accelerator import Accelerator, Stalls
from hw_bnn.verify.boundaries import Values

if TYPE_CHECKING:
    from hw_bnn.build.folder import BuildFolder
    from hw_bnn.golden import Golden
    from hw_bnn.progress import Advance


class Simulated:
    """What the RTL gave for some images."""

    def __init__(
        self,
        folder: BuildFolder,
        golden: Golden,
        images: npt.NDArray[np.float32],
        stalls: Stalls | None = None,
        advance: Advance | None = None,
    ) -> None:
        """Simulate."""
        self._golden, self._images = golden, images
        codes = golden.codes(images)
        self._run = Accelerator(folder.rtl, unchanged=False).simulate(codes, stalls, advance)

    def __call__(self, start: int, stop: int) -> Values:
        """Return the values of the images from `start` up to `stop`."""
        codes = self._golden.codes(self._images[start:stop]).astype(np.float32)
        sums = self._run.sums[start:stop]
        unseen: Values = [None] * (len(self._golden.layers) - 1)
        return [codes, *unseen, sums.astype(np.float32), self._golden.outputs(sums)]
