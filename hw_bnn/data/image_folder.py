# SPDX-License-Identifier: BSD-3-Clause
"""Images as files in train/CLASS and val/CLASS, the form that ImageNet is used in.

They are too many for memory: what a split holds is their names, and each is decoded when a batch
wants it.
"""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hw_bnn.data.dataset import Dataset
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from hw_bnn.config import ViewConfig

NAME = "image_folder"
SUFFIXES = (".jpeg", ".jpg", ".png", ".bmp", ".ppm", ".tif", ".tiff", ".webp")
"""Endings of the files that are read, in small or capital letters; others are passed over."""

Box = tuple[float, float, float, float]
"""Left, upper, right and lower edge in pixels."""

_TRIES = 10
_RATIO = math.log(4 / 3)


class ImageFiles:
    """The images of a split, uint8 [N, 3, size, size] once they are read.

    Args:
        folder: what the names start at.
        names: encoded file names [N]; an array, which processes share without copying it.
        view: size, and what is cut from a file's image.
    """

    def __init__(self, folder: Path, names: NDArray[np.bytes_], view: ViewConfig) -> None:
        self.folder, self.names, self.view = folder, names, view

    def __len__(self) -> int:
        return len(self.names)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Images, channels, height and width."""
        return len(self), 3, self.view.size, self.view.size

    def read(self, index: int, draw: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """Decode one image: [size, size, 3].

        Args:
            index: of the image.
            draw: seed and epoch. With the index they alone decide the random crop. None: the
                centre, for evaluation.

        Raises:
            HwBnnError: the file is missing, damaged, truncated, no image, or of more than 8 bits.
        """
        from PIL import Image, UnidentifiedImageError

        path = self.folder / os.fsdecode(self.names[index])
        try:
            with Image.open(path) as file:
                if file.mode.startswith(("I", "F")):  # Pillow would make most of them white
                    raise ValueError(f"pixels are of mode {file.mode}, must have 8 bits a colour")
                image = file.convert("RGB")
        except UnidentifiedImageError:
            reason = "not an image"
        except (
            OSError,
            EOFError,
            SyntaxError,  # Pillow's for a broken PNG
            ValueError,
            IndexError,
            struct.error,
            Image.DecompressionBombError,
        ) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
        else:
            box = centre(image.size, self.view)
            if draw is not None and self.view.min_area < 1:
                drawn = random_box(
                    image.size, self.view.min_area, np.random.default_rng((*draw, index))
                )
                box = box if drawn is None else drawn
            square = (self.view.size, self.view.size)
            return np.asarray(image.resize(square, Image.Resampling.BILINEAR, box=box))
        raise HwBnnError(f"{path}: cannot be read: {reason}; replace the file by the original")

    def array(self, count: int | None = None) -> NDArray[np.uint8]:
        """Decode the first `count` images, or all, as for evaluation: [N, 3, size, size]."""
        indices = range(len(self))[:count]
        pixels = np.empty((len(indices), *self.shape[1:]), np.uint8)
        for index in indices:
            pixels[index] = self.read(index).transpose(2, 0, 1)
        return pixels


def centre(size: tuple[int, int], view: ViewConfig) -> Box:
    """Return the square in the middle whose side is view.size/view.resize of the shorter side.

    That is what resizing the shorter side to view.resize and cutting out view.size leaves.
    """
    side = min(size) * view.size / view.resize
    left, top = ((extent - side) / 2 for extent in size)
    return left, top, left + side, top + side


def random_box(size: tuple[int, int], min_area: float, random: np.random.Generator) -> Box | None:
    """Draw a part of an image of `size`, width and height.

    Its share of the area is uniform in [min_area, 1], the logarithm of width/height uniform in
    that of [3/4, 4/3]; of ten draws the first that fits in the image, None if none does.

    Source: Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, arXiv:1409.4842, section
    6; ten tries as in the common implementations.
    """
    width, height = size
    for _ in range(_TRIES):
        area = width * height * random.uniform(min_area, 1.0)
        ratio = math.exp(random.uniform(-_RATIO, _RATIO))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            left, top = random.integers(width - w + 1), random.integers(height - h + 1)
            return float(left), float(top), float(left + w), float(top + h)
    return None


def load(data_dir: Path | None, view: ViewConfig) -> Dataset:
    """Find the images of train/CLASS and val/CLASS, the latter as the test split.

    Classes are numbered by the sorted names of their folders, images sorted by name in each.

    Args:
        data_dir: folder that holds train and val, itself or in `image_folder/`.
        view: what networks see of each image.

    Raises:
        HwBnnError: a folder is missing or empty, or train and val have not the same classes.
    """
    folder = _place(data_dir)
    classes, found = _names(folder / "train"), _names(folder / "val")
    for name in sorted(set(classes) ^ set(found)):
        here, there = ("train", "val") if name in classes else ("val", "train")
        raise HwBnnError(
            f"{folder / there / name}: no such folder, {folder / here / name} is there; train and"
            " val must have the same classes"
        )
    train_images, train_labels = _split(folder / "train", classes, view)
    test_images, test_labels = _split(folder / "val", classes, view)
    return Dataset(NAME, train_images, train_labels, test_images, test_labels, len(classes))


def _place(data_dir: Path | None) -> Path:
    if data_dir is None:
        raise HwBnnError(
            f"data.name: {NAME} is no public set that could be downloaded; name the folder that"
            " holds train and val with --data-dir or HW_BNN_DATA"
        )
    for folder in (data_dir / NAME, data_dir):
        if (folder / "train").is_dir() and (folder / "val").is_dir():
            return folder
    raise HwBnnError(
        f"{data_dir}: no folders train and val here nor in {data_dir / NAME}; name the folder that"
        " holds them with --data-dir or HW_BNN_DATA"
    )


def _names(split: Path) -> list[str]:
    """Sorted names of the class folders."""
    with os.scandir(split) as entries:
        names = sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))
    if not names:
        raise HwBnnError(f"{split}: has no folders; must have one for each class, with its images")
    return names


def _split(
    folder: Path, classes: list[str], view: ViewConfig
) -> tuple[ImageFiles, NDArray[np.int64]]:
    """The images of a split, and their labels."""
    files: list[bytes] = []
    labels: list[NDArray[np.int64]] = []
    for label, name in enumerate(classes):
        found = sorted(e for e in os.listdir(folder / name) if _is_image(e))  # noqa: PTH208 (fast)
        if not found:
            raise HwBnnError(f"{folder / name}: has no images; must have {', '.join(SUFFIXES)}")
        files += [os.fsencode(f"{name}/{file}") for file in found]
        labels.append(np.full(len(found), label))
    return ImageFiles(folder, np.array(files), view), np.concatenate(labels)


def _is_image(name: str) -> bool:
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")
