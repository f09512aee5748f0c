# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from hw_bnn.data import download, idx, load, mnist
from hw_bnn.errors import HwBnnError

needs_mnist = pytest.mark.skipif(
    not os.environ.get("HW_BNN_DATA"), reason="HW_BNN_DATA names no folder with MNIST"
)


def idx_bytes(array: np.ndarray, magic: int | None = None) -> bytes:
    magic = 0x800 + array.ndim if magic is None else magic
    return struct.pack(f">{1 + array.ndim}I", magic, *array.shape) + array.tobytes()


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content))
    return path


IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def test_idx_round_trip(tmp_path):
    path = write(tmp_path / "images.gz", idx_bytes(IMAGES))
    np.testing.assert_array_equal(idx.read(path, (2, 3, 4)), IMAGES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx_bytes(IMAGES, magic=2049), "magic number 2049, must be 2051"),
        (idx_bytes(IMAGES[:1]), r"shape \(1, 3, 4\), must be \(2, 3, 4\)"),
        (idx_bytes(IMAGES)[:-1], "23 bytes of data, must be 24"),
        (idx_bytes(IMAGES) + b"\0", "25 bytes of data, must be 24"),
        (b"\0\0\x08", "3 bytes where the header alone has 16"),
    ],
)
def test_wrong_idx_content_is_named(tmp_path, content, message):
    path = write(tmp_path / "images.gz", content)
    with pytest.raises(HwBnnError, match=f"images.gz: .*{message}"):
        idx.read(path, (2, 3, 4))


@pytest.mark.parametrize("damage", ["truncated", "flipped", "not gzip", "empty"])
def test_damaged_gzip_is_named(tmp_path, damage):
    content = bytearray(gzip.compress(idx_bytes(IMAGES)))
    if damage == "truncated":
        content = content[:-12]
    elif damage == "flipped":
        content[len(content) // 2] ^= 0xFF
    elif damage == "not gzip":
        content = bytearray(idx_bytes(IMAGES))
    else:
        content = bytearray()
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(HwBnnError, match=r"images.gz: (damaged|not the expected idx)"):
        idx.read(path, (2, 3, 4))


def test_folder_without_mnist_is_refused_by_name(tmp_path, monkeypatch):
    with pytest.raises(HwBnnError, match=r"no MNIST here.*--data-dir or HW_BNN_DATA"):
        load("mnist", tmp_path)
    monkeypatch.setenv("HW_BNN_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(HwBnnError, match="elsewhere: no MNIST here"):
        load("mnist")


def test_the_files_of_another_set_are_refused(tmp_path, monkeypatch):
    """Names and shapes are those of MNIST; the content is known as Fashion-MNIST's."""
    for file in mnist.MNIST.files:
        (tmp_path / file).write_bytes(f"{file} of another set".encode())
    known = {
        file: download.Checked(len(content), hashlib.sha256(content).hexdigest())
        for file in mnist.FASHION_MNIST.files
        for content in [(tmp_path / file).read_bytes()]
    }
    other = mnist.FASHION_MNIST._replace(files=known)
    monkeypatch.setitem(mnist.SETS, "fashion-mnist", other)
    with pytest.raises(HwBnnError, match=r"ubyte.gz: is Fashion-MNIST, not MNIST; name another"):
        load("mnist", tmp_path)


def test_one_missing_file_is_named(tmp_path):
    (tmp_path / "mnist").mkdir()
    for name in list(mnist.MNIST.files)[:3]:
        write(tmp_path / "mnist" / name, b"")
    with pytest.raises(HwBnnError, match=r"t10k-labels-idx1-ubyte.gz: no such file"):
        load("mnist", tmp_path)


@needs_mnist
def test_mnist_is_mnist():
    data = load("mnist")
    assert data.train_images.shape == (60_000, 1, 28, 28)
    assert data.train_images.dtype == np.uint8
    train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    test = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(data.train_labels).tolist() == train
    assert np.bincount(data.test_labels).tolist() == test


@needs_mnist
def test_fashion_mnist_is_fashion_mnist():
    data = load("fashion-mnist")
    assert (data.name, data.image_shape) == ("fashion-mnist", (1, 28, 28))
    assert np.bincount(data.train_labels).tolist() == [6000] * 10
    assert np.bincount(data.test_labels).tolist() == [1000] * 10
    assert data.train_labels[:4].tolist() == [9, 0, 0, 3]  # ankle boot, T-shirts, dress


@needs_mnist
@pytest.mark.parametrize("name", mnist.SETS)
def test_local_files_have_the_checksums_that_downloads_must_have(name):
    folder = Path(os.environ["HW_BNN_DATA"]) / name
    for file, expected in mnist.SETS[name].files.items():
        content = (folder / file).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == expected


def served(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return path.as_uri()


def test_download_tries_the_mirrors_in_turn_and_keeps_the_right_file(tmp_path):
    right = b"the right content"
    expected = download.Checked(len(right), hashlib.sha256(right).hexdigest())
    urls = [
        (tmp_path / "missing").as_uri(),
        served(tmp_path / "long", right + b"!"),
        served(tmp_path / "right", right),
    ]
    seen = []
    target = tmp_path / "cache" / "file.gz"
    download.ensure(target, urls, expected, lambda *event: seen.append(event))
    assert target.read_bytes() == right
    assert seen[-1] == ("downloading file.gz", len(right), len(right))
    assert [path.name for path in target.parent.iterdir()] == ["file.gz"]
    download.ensure(target, [], expected)  # is there and right: no URL is needed
    target.write_bytes(b"damaged")
    download.ensure(target, urls[2:], expected)
    assert target.read_bytes() == right


def test_without_a_network_both_ways_out_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("HW_BNN_DATA", raising=False)
    wrong = served(tmp_path / "wrong", b"wrong")
    source = mnist.MNIST._replace(mirrors=("http://127.0.0.1:9/", wrong + "?"))
    monkeypatch.setitem(mnist.SETS, "mnist", source)
    with pytest.raises(HwBnnError, match=r"connect to a network.*--data-dir or HW_BNN_DATA"):
        load("mnist")
    assert not list(tmp_path.glob(".cache/**/*.gz"))
    with pytest.raises(HwBnnError, match="SHA-256 differs, got 5 bytes of 7"):
        download.ensure(tmp_path / "x", [wrong], download.Checked(7, "0" * 64))
