# SPDX-License-Identifier: BSD-3-Clause
"""Progress as library code reports it; how it is shown is the caller's business."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Advance(Protocol):
    """The function a step yields."""

    def __call__(self, n: int = 1) -> None:
        """Count `n` more units as done."""


class Progress(Protocol):
    """Receives the steps of a long run."""

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """Open a step of `total` units (None: unknown); yields the function that advances it."""

    def __call__(self, text: str, done: int, total: int) -> None:
        """Say in one line where work stands that counts its units itself."""


def ignore(n: int = 1) -> None:
    """Count nothing; see Advance."""


class SilentProgress:
    """Shows nothing."""

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Advance]:
        """Open a step; see Progress.step."""
        yield ignore

    def __call__(self, text: str, done: int, total: int) -> None:
        """Do nothing; see Progress."""


SILENT: Progress = SilentProgress()
