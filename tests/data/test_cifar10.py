# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from hw_bnn.data import cifar10, download, load
from hw_bnn.errors import HwBnnError

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 3, 32, 32), dtype=np.uint8)
LABELS = np.arange(20) % 10


@pytest.fixture
def short(monkeypatch):
    """Batches of 20 images."""
    monkeypatch.setattr(cifar10, "BATCH_IMAGES", 20)


def binary(labels=LABELS) -> bytes:
    return np.column_stack([labels.astype(np.uint8), IMAGES.reshape(20, -1)]).tobytes()


def pickled(images=IMAGES, labels=LABELS) -> bytes:
    return pickle.dumps({b"data": images.reshape(len(images), -1), b"labels": labels.tolist()}, 2)


def python2_pickle() -> bytes:
    """What numpy 1 wrote under Python 2: its modules' old names, and byte strings."""
    return pickled().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def strange_type() -> bytes:
    """One damaged byte: numpy parses ",1" as a list of types."""
    assert b"\2\0\0\0u1" in pickled()
    return pickled().replace(b"\2\0\0\0u1", b"\2\0\0\0,1")


def batches(folder: Path, ending: str, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in cifar10.BATCHES:
        (folder / (name + ending)).write_bytes(content)
    return folder


@pytest.mark.parametrize("read", [cifar10.read_binary, cifar10.read_pickle])
def test_both_versions_give_images_and_labels(short, read):
    images, labels = read(binary() if read is cifar10.read_binary else python2_pickle(), "batch")
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)
    assert images.flags.writeable


@pytest.mark.parametrize("inner", ["", "cifar-10", "cifar-10-batches-bin"])
@pytest.mark.parametrize("ending", [".bin", ".bin.xz"])
def test_a_folder_of_batches_is_read(short, tmp_path, inner, ending):
    content = binary() if ending == ".bin" else lzma.compress(binary(), preset=0)
    first = binary(np.full(20, 7))
    folder = batches(tmp_path / inner, ending, content)
    (folder / f"test_batch{ending}").write_bytes(
        first if ending == ".bin" else lzma.compress(first, preset=0)
    )
    data = load("cifar10", tmp_path)
    assert data.train_images.shape == (100, 3, 32, 32)
    assert data.image_shape == (3, 32, 32)
    np.testing.assert_array_equal(data.train_images[20:40], IMAGES)
    np.testing.assert_array_equal(data.test_images, IMAGES)
    assert set(data.test_labels) == {7}


@pytest.mark.parametrize(
    ("read", "content", "message"),
    [
        (cifar10.read_binary, binary()[:-1], "61459 bytes, must be 61460"),
        (cifar10.read_binary, binary(LABELS + 1), "labels from 1 to 10, must be 0..9"),
        (cifar10.read_pickle, python2_pickle()[:-9], "no batch of the Python version"),
        (cifar10.read_pickle, b"", "no batch of the Python version"),
        (cifar10.read_pickle, pickled(IMAGES[:5]), r"uint8 \(5, 3072\), must be uint8"),
        (cifar10.read_pickle, pickled(labels=LABELS[:5]), "5 labels, must be 20"),
        (cifar10.read_pickle, pickle.dumps({b"data": IMAGES}), "KeyError"),
        (cifar10.read_pickle, strange_type(), r"no batch of the Python version \(SyntaxError"),
        (cifar10.read_pickle, pickle.dumps(print), "builtins.print is not part of a batch"),
    ],
)
def test_damaged_content_is_named(short, read, content, message):
    with pytest.raises(HwBnnError, match=f"^batch 3: damaged or not CIFAR-10: .*{message}"):
        read(content, "batch 3")


def test_a_truncated_file_is_named(short, tmp_path):
    folder = batches(tmp_path, ".bin.xz", lzma.compress(binary(), preset=0))
    path = folder / "data_batch_4.bin.xz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(HwBnnError, match=r"data_batch_4.bin.xz: damaged or not CIFAR-10"):
        load("cifar10", tmp_path)


def test_a_missing_file_and_a_missing_set_are_named(tmp_path):
    with pytest.raises(HwBnnError, match=r"no CIFAR-10 here.*--data-dir or HW_BNN_DATA"):
        load("cifar10", tmp_path)
    batches(tmp_path, "", b"")
    (tmp_path / "data_batch_2").unlink()
    with pytest.raises(HwBnnError, match=r"data_batch_2: no such file"):
        load("cifar10", tmp_path)


def test_a_download_is_checked_and_kept(short, tmp_path, monkeypatch):
    with tarfile.open(tmp_path / "served.tar", "w") as archive:
        for name in cifar10.BATCHES:
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(python2_pickle())
            archive.addfile(member, io.BytesIO(python2_pickle()))
    content = gzip.compress((tmp_path / "served.tar").read_bytes(), compresslevel=0)
    (tmp_path / "served").write_bytes(content)
    expected = download.Checked(len(content), hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(cifar10, "EXPECTED", expected)
    monkeypatch.setattr(cifar10, "URL", (tmp_path / "served").as_uri())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("HW_BNN_DATA", raising=False)
    np.testing.assert_array_equal(load("cifar10").test_images, IMAGES)
    (tmp_path / "served").unlink()
    np.testing.assert_array_equal(load("cifar10").test_labels, LABELS)


@pytest.mark.skipif(
    not os.environ.get("HW_BNN_DATA"), reason="HW_BNN_DATA names no folder with CIFAR-10"
)
def test_cifar10_is_cifar10():
    data = load("cifar10")
    assert np.bincount(data.train_labels).tolist() == [5000] * 10
    assert np.bincount(data.test_labels).tolist() == [1000] * 10
    first = [1005, 974, 1032, 1016, 999, 937, 1030, 1001, 1025, 981]
    assert np.bincount(data.train_labels[:10_000]).tolist() == first
    assert data.train_labels[:5].tolist() == [6, 9, 9, 4, 1]  # frog, trucks, deer, automobile
    assert data.train_images[0, :, 0, 0].tolist() == [59, 62, 63]
