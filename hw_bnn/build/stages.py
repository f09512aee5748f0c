# SPDX-License-Identifier: BSD-3-Clause
"""Stages of a build: each is skipped when its inputs are what they were, and resumes otherwise."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hw_bnn.files import write_json


def digest(*parts: Any) -> str:
    """SHA-256 of values that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


class Stages:
    """Results of the stages of one build, kept in `<folder>/stages/<name>.json`."""

    def __init__(self, folder: Path) -> None:
        """Take the build's folder."""
        self.folder = folder
        self.seconds: dict[str, float] = {}

    def run(
        self,
        name: str,
        inputs: str,
        action: Callable[[], dict[str, Any]],
        intact: Callable[[], bool] = lambda: True,
    ) -> dict[str, Any]:
        """Return the stage's result, computed now or kept from an earlier run.

        Args:
            name: the stage.
            inputs: digest of everything that the result depends on.
            action: computes the result; it may write files beside it.
            intact: whether the files that it wrote are still what they were.
        """
        path = self.folder / "stages" / f"{name}.json"
        kept = self._read(path)
        if kept is None or kept["inputs"] != inputs or not intact():
            started = time.monotonic()
            result = action()
            seconds = round(time.monotonic() - started, 2)
            kept = {"inputs": inputs, "seconds": seconds, "result": result}
            write_json(path, kept)
        self.seconds[name] = kept["seconds"]
        return dict(kept["result"])

    @staticmethod
    def _read(path: Path) -> dict[str, Any] | None:
        try:
            kept = json.loads(path.read_text())
        except (OSError, ValueError):
            return None
        whole = isinstance(kept, dict) and {"inputs", "seconds", "result"} <= set(kept)
        return kept if whole else None


@contextlib.contextmanager
def replaced_folder(folder: Path) -> Iterator[None]:
    """Give the block an empty `folder`; if it fails, what was there comes back.

    The block works under the final name because FINN+ writes absolute paths into its models.
    """
    old = folder.with_name(f".{folder.name}.old")
    if old.exists():  # an earlier run was killed in the block
        shutil.rmtree(folder, ignore_errors=True)
        old.replace(folder)
    if folder.exists():
        folder.replace(old)
    folder.mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder)
        if old.exists():
            old.replace(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
