# SPDX-License-Identifier: BSD-3-Clause
"""Arrays in .npy files, as a user hands them in."""

from __future__ import annotations

import io
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw_bnn import files
from hw_bnn.cli.common import existing_file
from hw_bnn.errors import HwBnnError


def read_images(path: Path) -> NDArray[Any]:
    """Read images [N, ...] of dtype uint8 or float32; pickled content is never loaded.

    Raises:
        HwBnnError: missing or damaged file, other dtype, no images, or values not finite.
    """
    array = _read(path)
    if array.dtype not in (np.uint8, np.float32):
        raise HwBnnError(f"{path}: dtype is {array.dtype}: must be uint8 or float32")
    if array.ndim < 2 or array.size == 0:
        raise HwBnnError(f"{path}: shape is {array.shape}: must be images first, at least one")
    if not np.isfinite(array).all():
        raise HwBnnError(f"{path}: has values that are not finite: must be numbers only")
    return array


def read_labels(path: Path) -> NDArray[np.int64]:
    """Read classes [N] of any integer type.

    Raises:
        HwBnnError: missing or damaged file, other dtype or shape.
    """
    array = _read(path)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise HwBnnError(
            f"{path}: is {array.dtype} {list(array.shape)}: labels must be integers, one per image"
        )
    return array.astype(np.int64)


def _read(path: Path) -> NDArray[Any]:
    try:
        with existing_file(path).open("rb") as file:
            array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError, TokenError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise HwBnnError(f"{path}: not a readable .npy file: {reason}") from None
    return array


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array; `path` has its old content or all of the new."""
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    files.write_bytes(path, content.getvalue())
