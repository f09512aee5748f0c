# SPDX-License-Identifier: BSD-3-Clause
"""Which version of the source code this is."""

from __future__ import annotations

from pathlib import Path

from hw_bnn.errors import HwBnnError
from hw_bnn.tools.process import run


def revision(folder: Path = Path(__file__).parent) -> str | None:
    """Return the commit of the checkout that holds `folder`; None outside of one.

    "+" at the end says that tracked files differ from the commit.
    """
    try:
        commit = run(["git", "rev-parse", "--short=12", "HEAD"], folder).strip()
        changed = run(["git", "status", "--porcelain", "--untracked-files=no"], folder).strip()
    except HwBnnError:
        return None
    return commit + ("+" if changed else "")
