# SPDX-License-Identifier: BSD-3-Clause
"""Files are replaced whole or not at all: written under a temporary name, then renamed."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hw_bnn.errors import HwBnnError


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path`, creating folders; readers see the old content or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def content_of(path: Path, names: Sequence[str]) -> bool:
    """Whether a path has one of the names, or is what a killed process left in writing it."""
    return any(path.name == name or path.name.startswith(f".{name}.") for name in names)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8; see write_bytes."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON; see write_bytes."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path, *, unique: bool = False) -> Any:
    """Read a JSON file.

    Raises:
        HwBnnError: if the file is missing, is not JSON, or (`unique`) has a name twice in one
            mapping.
    """

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise HwBnnError(f"{path}: {name} stands there twice; take one out")
        return dict(pairs)

    try:
        return json.loads(path.read_text(), object_pairs_hook=mapping if unique else None)
    except FileNotFoundError:
        raise HwBnnError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise HwBnnError(f"{path}: not a readable JSON file ({error})") from None


def sha256(path: Path) -> str:
    """Hex SHA-256 digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
