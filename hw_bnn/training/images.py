# SPDX-License-Identifier: BSD-3-Clause
"""Where a training takes its images from: memory, or files that other processes decode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from hw_bnn.data.image_folder import ImageFiles
from hw_bnn.errors import HwBnnError
from hw_bnn.training.world import cores, resident

_MOST_WORKERS = 16
"""Each holds two batches ready."""

_Value = TypeVar("_Value")


class Images(Protocol):
    """The images of a split."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Images, channels, height and width."""

    def batches(
        self, places: Iterable[Tensor], draw: tuple[int, int] | None = None
    ) -> Iterator[Tensor]:
        """Yield for each of `places`, indices int64 [n], the images, uint8 [n, C, H, W].

        Args:
            places: the indices.
            draw: seed and epoch, for a training that takes another part of an image each time;
                None: what is evaluated.

        Raises:
            HwBnnError: a file is damaged.
        """


def images_of(images: NDArray[np.uint8] | ImageFiles, device: torch.device) -> Images:
    """Return the images of a split, on the device if they are in memory and fit."""
    if isinstance(images, ImageFiles):
        return Decoded(images)
    return Resident(resident(torch.from_numpy(images), device))


class Resident:
    """Images in memory; a training sees them whole."""

    def __init__(self, images: Tensor) -> None:
        self.images = images

    @property
    def shape(self) -> tuple[int, ...]:
        """See Images."""
        return tuple(self.images.shape)

    def batches(
        self, places: Iterable[Tensor], draw: tuple[int, int] | None = None
    ) -> Iterator[Tensor]:
        """See Images."""
        for place in places:
            yield self.images[place.to(self.images.device)]


class Decoded:
    """Images in files, decoded ahead by torch's DataLoader with a process for each core.

    What an image becomes depends on its index, the seed and the epoch alone, and batches come in
    their order: the number of processes changes nothing.
    """

    def __init__(self, files: ImageFiles) -> None:
        self.files = files

    @property
    def shape(self) -> tuple[int, ...]:
        """See Images."""
        return self.files.shape

    def batches(
        self, places: Iterable[Tensor], draw: tuple[int, int] | None = None
    ) -> Iterator[Tensor]:
        """See Images."""
        loader: DataLoader[Any] = DataLoader(
            _Batches(self.files, draw),  # type: ignore[arg-type]
            batch_sampler=(place.tolist() for place in places),
            num_workers=min(cores(), _MOST_WORKERS),
            collate_fn=_as_it_is,
            generator=torch.Generator(),  # else it would draw from torch's own
        )
        for batch in loader:
            if isinstance(batch, HwBnnError):
                raise batch
            yield batch


class _Batches:
    """What a worker makes of the indices of a batch."""

    def __init__(self, files: ImageFiles, draw: tuple[int, int] | None) -> None:
        self.files, self.draw = files, draw

    def __getitems__(self, indices: list[int]) -> Tensor | HwBnnError:
        """Return uint8 [n, C, H, W], or what went wrong: an error raised here comes as a trace."""
        try:
            pixels = np.stack([self.files.read(index, self.draw) for index in indices])
        except HwBnnError as error:
            return error
        return torch.from_numpy(pixels).permute(0, 3, 1, 2)


def _as_it_is(batch: _Value) -> _Value:
    return batch
