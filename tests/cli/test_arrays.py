# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hw_bnn.cli.arrays import read_images, read_labels, write_array
from hw_bnn.errors import HwBnnError


def test_arrays_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a" / "x.npy"
    images = np.arange(12, dtype=np.uint8).reshape(2, 1, 2, 3)
    write_array(path, images)
    assert np.array_equal(read_images(path), images)
    assert [entry.name for entry in path.parent.iterdir()] == ["x.npy"]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((2, 2), np.int64), "dtype is int64: must be uint8 or float32"),
        (np.array([[{}]], object), "not a readable .npy file: Object arrays"),
        (np.ones(4, np.uint8), r"shape is \(4,\)"),
        (np.ones((0, 4), np.uint8), r"shape is \(0, 4\)"),
        (np.array([[np.nan]], np.float32), "values that are not finite"),
    ],
)
def test_wrong_arrays_are_refused(tmp_path: Path, array: np.ndarray, message: str) -> None:
    path = tmp_path / "x.npy"
    np.save(path, array, allow_pickle=True)
    with pytest.raises(HwBnnError, match=message):
        read_images(path)


def test_every_cut_off_or_foreign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.ones((4, 4), np.uint8))
    whole = path.read_bytes()
    for content in [
        b"",
        b"\x93NUM",
        whole[:60],
        whole[:-1],
        b"PK\x03\x04junk",
        b"hello",
        b"\x80\x04.",
    ]:
        path.write_bytes(content)
        with pytest.raises(HwBnnError, match="not a readable"):
            read_images(path)
    np.savez(tmp_path / "x.npz", a=np.ones(3))
    with pytest.raises(HwBnnError, match="not a readable"):
        read_images(tmp_path / "x.npz")
    with pytest.raises(HwBnnError, match="no such file"):
        read_images(tmp_path / "none.npy")


def test_labels_come_back_as_integers(tmp_path: Path) -> None:
    path = tmp_path / "y.npy"
    np.save(path, np.array([3, 0, 9], np.uint8))
    labels = read_labels(path)
    assert labels.dtype == np.int64
    assert labels.tolist() == [3, 0, 9]


@pytest.mark.parametrize("array", [np.ones(3, np.float32), np.ones((3, 1), np.int64)])
def test_what_is_no_label_is_refused(tmp_path: Path, array: np.ndarray) -> None:
    path = tmp_path / "y.npy"
    np.save(path, array)
    with pytest.raises(HwBnnError, match="labels must be integers, one per image"):
        read_labels(path)
