# SPDX-License-Identifier: BSD-3-Clause
"""Files from public mirrors, accepted by checksum only."""

from __future__ import annotations

import hashlib
import http.client
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hw_bnn import files
from hw_bnn.data.dataset import Progress
from hw_bnn.errors import HwBnnError

_CHUNK = 1 << 18
_TIMEOUT_S = 30.0


class Checked(NamedTuple):
    """What a file must be: its size in bytes and its SHA-256 in hex."""

    size: int
    sha256: str


def ensure(
    path: Path, urls: Sequence[str], expected: Checked, progress: Progress | None = None
) -> None:
    """Make `path` the expected file: keep it if it is that already, else try each URL in turn.

    Raises:
        HwBnnError: no URL gave the file; says for each one why, and how to do without a network.
    """
    if path.is_file() and files.sha256(path) == expected.sha256:
        return
    reasons = []
    for url in urls:
        try:
            content = _fetch(url, expected.size, path.name, progress)
        except (OSError, http.client.HTTPException) as error:
            reasons.append(f"{url}: {error}")
            continue
        if hashlib.sha256(content).hexdigest() == expected.sha256:
            _store(path, content)
            return
        reasons.append(f"{url}: SHA-256 differs, got {len(content)} bytes of {expected.size}")
    raise HwBnnError(
        f"{path.name}: could not be downloaded ({'; '.join(reasons)}); connect to a network, or"
        " name a folder that holds the file with --data-dir or HW_BNN_DATA"
    )


def _store(path: Path, content: bytes) -> None:
    try:
        files.write_bytes(path, content)
    except OSError as error:
        raise HwBnnError(
            f"{path}: downloaded, but cannot be written ({error}); make the folder writable, or"
            " put the file elsewhere and name that folder with --data-dir or HW_BNN_DATA"
        ) from None


def _fetch(url: str, size: int, label: str, progress: Progress | None) -> bytes:
    """Read at most size + 1 bytes, enough to see that a file is too long."""
    content = bytearray()
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:
        while chunk := response.read(min(_CHUNK, size + 1 - len(content))):
            content += chunk
            if progress is not None:
                progress(f"downloading {label}", len(content), size)
    return bytes(content)
