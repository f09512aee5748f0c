# SPDX-License-Identifier: BSD-3-Clause
"""MNIST and Fashion-MNIST: 60,000 training and 10,000 test images, 28x28, of ten classes.

Sources: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits";
H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
Learning Algorithms", 2017, arXiv:1708.07747.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hw_bnn.data import download, idx
from hw_bnn.data.dataset import Dataset, Progress
from hw_bnn.errors import HwBnnError
from hw_bnn.files import sha256


class Source(NamedTuple):
    """Where a data set comes from: mirrors, and what its files must be."""

    title: str
    mirrors: tuple[str, ...]
    files: dict[str, download.Checked]


MNIST = Source(
    "MNIST",
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    {
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
    },
)

FASHION_MNIST = Source(
    "Fashion-MNIST",
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    {
        "train-images-idx3-ubyte.gz": download.Checked(
            26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte.gz": download.Checked(
            29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte.gz": download.Checked(
            4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte.gz": download.Checked(
            5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
)

SETS = {"mnist": MNIST, "fashion-mnist": FASHION_MNIST}
"""By name, which is also the folder's name."""


def load(name: str, data_dir: Path | None, progress: Progress | None = None) -> Dataset:
    """Load a set by name from a folder, or from the user's cache if `data_dir` is None.

    Raises:
        HwBnnError: the folder lacks a file, a file is damaged, or a download failed.
    """
    folder = _cache(name, progress) if data_dir is None else _local(name, data_dir)
    return Dataset(
        name=name,
        train_images=_images(folder / "train-images-idx3-ubyte.gz", 60_000),
        train_labels=_labels(folder / "train-labels-idx1-ubyte.gz", 60_000),
        test_images=_images(folder / "t10k-images-idx3-ubyte.gz", 10_000),
        test_labels=_labels(folder / "t10k-labels-idx1-ubyte.gz", 10_000),
        classes=10,
    )


def _local(name: str, data_dir: Path) -> Path:
    """The set's folder: its own, else `data_dir` (the two sets' files have the same names)."""
    source = SETS[name]
    for folder in (data_dir / name, data_dir):
        missing = [file for file in source.files if not (folder / file).is_file()]
        if not missing:
            _require_no_other(name, folder)
            return folder
        if len(missing) < len(source.files):
            raise HwBnnError(
                f"{folder / missing[0]}: no such file, the other {source.title} files are there"
            )
    raise HwBnnError(
        f"{data_dir}: no {source.title} here nor in {data_dir / name} (looked for"
        f" {', '.join(source.files)}); name their folder with --data-dir or HW_BNN_DATA, or leave"
        " both out to download them"
    )


def _require_no_other(name: str, folder: Path) -> None:
    """Refuse another set's own files: those of all sets have the same names and shapes."""
    for other, source in SETS.items():
        for file, expected in source.files.items():
            found = folder / file
            if other == name or found.stat().st_size != expected.size:
                continue
            if sha256(found) == expected.sha256:
                raise HwBnnError(
                    f"{found}: is {source.title}, not {SETS[name].title}; name another folder, or "
                    f"the data set {other}"
                )


def _cache(name: str, progress: Progress | None) -> Path:
    folder = Path.home() / ".cache" / "hw_bnn" / name
    for file, expected in SETS[name].files.items():
        urls = [mirror + file for mirror in SETS[name].mirrors]
        download.ensure(folder / file, urls, expected, progress)
    return folder


def _images(path: Path, count: int) -> NDArray[np.uint8]:
    return idx.read(path, (count, 28, 28))[:, np.newaxis]


def _labels(path: Path, count: int) -> NDArray[np.int64]:
    labels = idx.read(path, (count,))
    if labels.max() > 9:
        raise HwBnnError(f"{path}: label {labels.max()}, must be 0..9; replace it by the original")
    return labels.astype(np.int64)
