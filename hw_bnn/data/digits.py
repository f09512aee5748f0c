# SPDX-License-Identifier: BSD-3-Clause
"""The 1,797 handwritten 8x8 digits that scikit-learn brings along; no download.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998 (the test part of that set). Both splits here contain digits by the same writers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hw_bnn.data.dataset import Dataset


def load() -> Dataset:
    """Return 1,433 training and 364 test images.

    A value v in 0..16 becomes the pixel v * 255 / 16, rounded half to even. The split is fixed
    and stratified: of each class, every fifth image in scikit-learn's order, from its first on,
    is a test image.
    """
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    images = np.round(values * 255 / 16).astype(np.uint8).reshape(-1, 1, 8, 8)
    labels = labels.astype(np.int64)
    is_test = _every_fifth_of_each_class(labels)
    return Dataset(
        name="digits",
        train_images=images[~is_test],
        train_labels=labels[~is_test],
        test_images=images[is_test],
        test_labels=labels[is_test],
        classes=10,
    )


def _every_fifth_of_each_class(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    chosen = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        chosen[np.flatnonzero(labels == label)[::5]] = True
    return chosen
