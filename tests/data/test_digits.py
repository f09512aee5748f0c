# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from hw_bnn.data import load
from hw_bnn.errors import HwBnnError


def test_digits_are_scikit_learns_digits_in_uint8():
    data = load("digits")
    assert data.image_shape == (1, 8, 8)
    assert (data.train_images.dtype, data.train_labels.dtype) == (np.uint8, np.int64)
    assert len(data.train_images) == len(data.train_labels) == 1433
    assert len(data.test_images) == len(data.test_labels) == 364
    source = load_digits()
    zeros = np.flatnonzero(source.target == 0)
    np.testing.assert_array_equal(  # the first two zeros are a test and a training image
        data.test_images[data.test_labels == 0][0, 0], _pixels(source.images[zeros[0]])
    )
    np.testing.assert_array_equal(
        data.train_images[data.train_labels == 0][0, 0], _pixels(source.images[zeros[1]])
    )


def _pixels(values):
    table = [0, 16, 32, 48, 64, 80, 96, 112, 128, 143, 159, 175, 191, 207, 223, 239, 255]
    return np.array(table)[values.astype(int)]


def test_split_is_stratified_and_complete():
    data = load("digits")
    train, test = np.bincount(data.train_labels), np.bincount(data.test_labels)
    np.testing.assert_array_equal(train + test, np.bincount(load_digits().target))
    np.testing.assert_array_equal(test, np.ceil((train + test) / 5))


def test_unknown_name_is_refused():
    with pytest.raises(HwBnnError, match="'emnist' must be one of digits, mnist"):
        load("emnist")
