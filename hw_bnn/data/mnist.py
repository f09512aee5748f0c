# SPDX-License-Identifier: BSD-3-Clause
"""MNIST: 60,000 training and 10,000 test images of handwritten digits, 28x28.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_bnn.data import download, idx
from hw_bnn.data.dataset import Dataset, Progress
from hw_bnn.errors import HwBnnError

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

FILES = {
    "train-images-idx3-ubyte.gz": download.Checked(
        9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte.gz": download.Checked(
        28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": download.Checked(
        1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "t10k-labels-idx1-ubyte.gz": download.Checked(
        4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
}


def load(data_dir: Path | None, progress: Progress | None = None) -> Dataset:
    """Load MNIST from a folder, or from the user's cache if `data_dir` is None.

    Raises:
        HwBnnError: the folder lacks a file, a file is damaged, or a download failed.
    """
    folder = _cache(progress) if data_dir is None else _local(data_dir)
    return Dataset(
        name="mnist",
        train_images=_images(folder / "train-images-idx3-ubyte.gz", 60_000),
        train_labels=_labels(folder / "train-labels-idx1-ubyte.gz", 60_000),
        test_images=_images(folder / "t10k-images-idx3-ubyte.gz", 10_000),
        test_labels=_labels(folder / "t10k-labels-idx1-ubyte.gz", 10_000),
        classes=10,
    )


def _local(data_dir: Path) -> Path:
    for folder in (data_dir, data_dir / "mnist"):
        missing = [name for name in FILES if not (folder / name).is_file()]
        if not missing:
            return folder
        if len(missing) < len(FILES):
            raise HwBnnError(
                f"{folder / missing[0]}: no such file, the other MNIST files are there"
            )
    raise HwBnnError(
        f"{data_dir}: no MNIST here nor in {data_dir / 'mnist'} (looked for {', '.join(FILES)});"
        " name their folder with --data-dir or HW_BNN_DATA, or leave both out to download them"
    )


def _cache(progress: Progress | None) -> Path:
    folder = Path.home() / ".cache" / "hw_bnn" / "mnist"
    for name, expected in FILES.items():
        download.ensure(folder / name, [mirror + name for mirror in MIRRORS], expected, progress)
    return folder


def _images(path: Path, count: int) -> NDArray[np.uint8]:
    return idx.read(path, (count, 28, 28))[:, np.newaxis]


def _labels(path: Path, count: int) -> NDArray[np.int64]:
    labels = idx.read(path, (count,))
    if labels.max() > 9:
        raise HwBnnError(f"{path}: label {labels.max()}, must be 0..9; replace it by the original")
    return labels.astype(np.int64)
