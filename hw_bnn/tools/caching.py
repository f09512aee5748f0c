# SPDX-License-Identifier: BSD-3-Clause
"""The user's cache folder."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """$XDG_CACHE_HOME/hw_bnn/`name` (default ~/.cache/hw_bnn/`name`), created if missing."""
    base = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(base) if base else Path.home() / ".cache") / "hw_bnn" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
