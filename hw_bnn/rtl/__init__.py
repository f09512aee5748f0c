# SPDX-License-Identifier: BSD-3-Clause
"""The hand-written SystemVerilog library (package data); names inside follow lowRISC's style."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def sources() -> list[Path]:
    """All modules of the library, in alphabetical order."""
    return sorted(FOLDER.glob("*.sv"))
