# SPDX-License-Identifier: BSD-3-Clause
"""Errors that are shown to the user as one line."""

from __future__ import annotations


class HwBnnError(Exception):
    """Something the user can mend: the command line prints its text and exits with code 2.

    The text is one line that says what was refused, by which rule, with which value, and what
    to do instead.
    """


class ToolNotFoundError(HwBnnError):
    """An external program (Verilator, yosys, a compiler) is missing or too old."""


def interrupted(error: BaseException) -> bool:
    """Whether an interrupt is behind an error: C code may turn one into an error of its own."""
    behind: BaseException | None = error
    while behind is not None and not isinstance(behind, KeyboardInterrupt):
        behind = behind.__cause__ or behind.__context__
    return behind is not None
