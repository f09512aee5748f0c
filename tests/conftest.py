# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder with the original data sets, or a skip."""
    folder = os.environ.get("HW_BNN_DATA")
    if not folder:
        pytest.skip("HW_BNN_DATA names no folder with the original data sets")
    return Path(folder)
