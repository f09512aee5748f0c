# SPDX-License-Identifier: BSD-3-Clause
"""Which version of the source code this is."""

from __future__ import annotations

from pathlib import Path

from hw_bnn.errors import HwBnnError
from hw_bnn.tools.process import run


def revision(file: Path = Path(__file__)) -> str | None:
    """Return the commit of the checkout that `file` is tracked in; None outside of one.

    "+" at the end says that tracked files differ from the commit. A package installed below
    somebody else's checkout is not tracked there.
    """
    folder = file.parent
    try:
        run(["git", "ls-files", "--error-unmatch", file.name], folder)
        commit = run(["git", "rev-parse", "--short=12", "HEAD"], folder).strip()
        changed = run(["git", "status", "--porcelain", "--untracked-files=no"], folder).strip()
    except HwBnnError:
        return None
    return commit + ("+" if changed else "")
