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
