# SPDX-License-Identifier: BSD-3-Clause
"""Real data sets as uint8 images [N, C, H, W] and int64 labels [N]."""

from __future__ import annotations

from hw_bnn.data.dataset import Dataset as Dataset
from hw_bnn.data.dataset import load as load
