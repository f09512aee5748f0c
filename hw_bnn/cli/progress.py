# SPDX-License-Identifier: BSD-3-Clause
"""Progress on stderr: bars on a terminal; elsewhere a line per step, and now and then per unit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hw_bnn.progress import Advance

_QUIET = 10.0
"""Seconds between two lines about the same work, where there are no bars."""


class RichProgress:
    """hw_bnn.progress.Progress for people; a context manager."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._counted = None if self._bars.disable else self._bars.add_task("", visible=False)
        self._last_line = 0.0

    def __enter__(self) -> Self:
        if not self._bars.disable:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._bars.disable:
            self._bars.stop()

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Advance]:
        """Open a step; see hw_bnn.progress.Progress."""
        task = self._bars.add_task(name, total=total)
        started, done = time.monotonic(), 0

        def advance(n: int = 1) -> None:
            nonlocal done
            done += n
            self._bars.advance(task, n)
            if self._bars.disable and total is not None and done < total:
                self(name, done, total)

        yield advance
        units = total if total is not None else 1
        self._bars.update(task, total=units, completed=units)
        if self._bars.disable:
            self._line(f"{name}: {time.monotonic() - started:.1f} s")

    def __call__(self, text: str, done: int, total: int) -> None:
        """Show text and bar of work that counts itself; see hw_bnn.progress.Progress."""
        if self._counted is not None:
            self._bars.update(
                self._counted, description=text, completed=done, total=total, visible=True
            )
        elif done >= total or time.monotonic() - self._last_line >= _QUIET:
            self._line(f"{text} ({done}/{total})")

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
        self._last_line = time.monotonic()
