# SPDX-License-Identifier: BSD-3-Clause
"""CIFAR-10: 50,000 training and 10,000 test colour images of ten classes, 3x32x32.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

from __future__ import annotations

import io
import lzma
import pickle
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw_bnn.data import download
from hw_bnn.data.dataset import Dataset, Progress
from hw_bnn.errors import HwBnnError

ARCHIVE = "cifar-10-python.tar.gz"
URL = f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
EXPECTED = download.Checked(
    170_498_071, "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
)
BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
FORMS = (".bin", ".bin.xz", "")
"""Endings of a batch's file: binary version, the same packed, Python version (a pickle)."""

BATCH_IMAGES = 10_000
_PIXELS = 3 * 32 * 32
_PICKLED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}
"""What a batch of the Python version is made of; nothing else is unpickled."""


def load(data_dir: Path | None, progress: Progress | None = None) -> Dataset:
    """Load CIFAR-10 from a folder, or from the user's cache if `data_dir` is None.

    Raises:
        HwBnnError: the folder lacks a file, a file is damaged, or a download failed.
    """
    batches = _cached(progress) if data_dir is None else [_read(f) for f in _local(data_dir)]
    *train, (test_images, test_labels) = batches
    return Dataset(
        name="cifar10",
        train_images=np.concatenate([images for images, _ in train]),
        train_labels=np.concatenate([labels for _, labels in train]),
        test_images=test_images,
        test_labels=test_labels,
        classes=10,
    )


Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]


def read_binary(content: bytes, name: str) -> Batch:
    """Images [10000, 3, 32, 32] and labels of the binary version: a label byte, then the pixels.

    Raises:
        HwBnnError: naming the file `name`, for another size or a label above 9.
    """
    size = BATCH_IMAGES * (1 + _PIXELS)
    if len(content) != size:
        raise _wrong(name, f"{len(content)} bytes, must be {size}")
    records = np.frombuffer(content, np.uint8).reshape(BATCH_IMAGES, 1 + _PIXELS)
    return _batch(records[:, 1:], records[:, 0].astype(np.int64), name)


def read_pickle(content: bytes, name: str) -> Batch:
    """Images and labels of the Python version: a pickled dict with `data` and `labels`.

    Raises:
        HwBnnError: naming the file `name`, for a pickle of anything else.
    """
    try:
        found = _Unpickler(io.BytesIO(content), encoding="bytes").load()
        pixels, labels = np.asarray(found[b"data"]), np.asarray(found[b"labels"], dtype=np.int64)
    except (
        pickle.UnpicklingError,
        AttributeError,
        EOFError,
        ImportError,
        LookupError,
        MemoryError,
        OverflowError,
        RuntimeError,
        SyntaxError,  # numpy's for the name of a type
        TypeError,
        ValueError,
    ) as error:
        raise _wrong(name, f"no batch of the Python version ({error!r})") from None
    if pixels.dtype != np.uint8 or pixels.shape != (BATCH_IMAGES, _PIXELS):
        raise _wrong(
            name, f"{pixels.dtype} {pixels.shape}, must be uint8 {(BATCH_IMAGES, _PIXELS)}"
        )
    if labels.shape != (BATCH_IMAGES,):
        raise _wrong(name, f"{labels.size} labels, must be {BATCH_IMAGES}")
    return _batch(pixels, labels, name)


class _Unpickler(pickle.Unpickler):
    """Builds arrays and plain values only: a pickle could otherwise run any code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _PICKLED:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of a batch")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _batch(pixels: NDArray[np.uint8], labels: NDArray[np.int64], name: str) -> Batch:
    if labels.min() < 0 or labels.max() > 9:
        raise _wrong(name, f"labels from {labels.min()} to {labels.max()}, must be 0..9")
    return pixels.reshape(BATCH_IMAGES, 3, 32, 32).copy(), labels


def _read(path: Path) -> Batch:
    try:
        content = path.read_bytes()
        if path.suffix == ".xz":
            content = lzma.decompress(content)
    except (OSError, lzma.LZMAError) as error:
        raise _wrong(str(path), str(error)) from None
    reader = read_binary if ".bin" in path.suffixes else read_pickle
    return reader(content, str(path))


def _local(data_dir: Path) -> list[Path]:
    """Files of the six batches, all of one form, in one folder."""
    places = [
        data_dir / inner
        for inner in ("", "cifar-10", "cifar-10-batches-bin", "cifar-10-batches-py")
    ]
    for place in places:
        for form in FORMS:
            paths = [place / (name + form) for name in BATCHES]
            missing = [path for path in paths if not path.is_file()]
            if not missing:
                return paths
            if len(missing) < len(paths):
                raise HwBnnError(
                    f"{missing[0]}: no such file, other CIFAR-10 batches are there; add it"
                )
    raise HwBnnError(
        f"{data_dir}: no CIFAR-10 here nor in {places[1]} (looked for {BATCHES[0]}.bin,"
        f" {BATCHES[0]}.bin.xz or {BATCHES[0]}, and so on); name its folder with --data-dir or"
        " HW_BNN_DATA, or leave both out to download it"
    )


def _cached(progress: Progress | None) -> list[Batch]:
    path = Path.home() / ".cache" / "hw_bnn" / "cifar-10" / ARCHIVE
    download.ensure(path, [URL], EXPECTED, progress)
    try:
        with tarfile.open(path) as archive:
            contents = {Path(m.name).name: archive.extractfile(m) for m in archive if m.isfile()}
            files = {name: file.read() for name, file in contents.items() if file is not None}
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise _wrong(str(path), str(error)) from None
    return [read_pickle(files[name], f"{path}, {name}") for name in BATCHES]


def _wrong(name: str, what: str) -> HwBnnError:
    return HwBnnError(f"{name}: damaged or not CIFAR-10: {what}; replace it by the original file")
