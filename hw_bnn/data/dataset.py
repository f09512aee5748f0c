# SPDX-License-Identifier: BSD-3-Clause
"""The one entry to all data sets."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from hw_bnn.config import ViewConfig
    from hw_bnn.data.image_folder import ImageFiles

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much is done and how much there is."""


@dataclass(frozen=True)
class Dataset:
    """Images and labels in two splits.

    Images are uint8 [N, C, H, W], 0 is background, in memory or in files; labels are int64 [N] in
    0..classes-1.
    """

    name: str
    train_images: NDArray[np.uint8] | ImageFiles
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8] | ImageFiles
    test_labels: NDArray[np.int64]
    classes: int

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        _, channels, height, width = self.train_images.shape
        return channels, height, width

    def test_array(self, count: int | None = None) -> NDArray[np.uint8]:
        """The test images in memory: the first `count`, or all."""
        images = self.test_images
        return images[:count] if isinstance(images, np.ndarray) else images.array(count)


def load(
    name: str,
    data_dir: Path | None = None,
    progress: Progress | None = None,
    view: ViewConfig | None = None,
) -> Dataset:
    """Load a data set: "digits" (part of scikit-learn), "mnist", "fashion-mnist" or "cifar10".

    Or "image_folder", any images in files, which are read when they are used; `view` says how.

    Files are read from `data_dir`, else from the folder in the environment variable HW_BNN_DATA,
    else from the user's cache, which is filled from public sources first. A folder holds a set's
    files itself or in `mnist/`, `fashion-mnist/` or `cifar-10/`, and is never written to.

    Raises:
        HwBnnError: unknown name; files missing, damaged, or not to be had without a network.
    """
    from hw_bnn.data import cifar10, digits, image_folder, mnist

    if data_dir is None and os.environ.get("HW_BNN_DATA"):
        data_dir = Path(os.environ["HW_BNN_DATA"])
    if name == "digits":
        return digits.load()
    if name == "cifar10":
        return cifar10.load(data_dir, progress)
    if name in mnist.SETS:
        return mnist.load(name, data_dir, progress)
    if name == image_folder.NAME:
        if view is None:
            raise HwBnnError(f"data.name: {name} needs the section data.view of an experiment file")
        return image_folder.load(data_dir, view)
    known = ["digits", *mnist.SETS, "cifar10", image_folder.NAME]
    raise HwBnnError(f"data.name: {name!r} must be one of {', '.join(known)}")
