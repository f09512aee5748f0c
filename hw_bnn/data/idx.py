# SPDX-License-Identifier: BSD-3-Clause
"""The idx format of the MNIST family: a big-endian header, then the bytes.

Header: two zero bytes, the type (8 is uint8), the number of dimensions, then one uint32 for each
dimension. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_bnn.errors import HwBnnError

_UINT8 = 0x08


def read(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read a gzip-compressed idx file that must hold a uint8 array of the given shape.

    Raises:
        HwBnnError: names the file and what is wrong: compression, magic number, shape or size.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise HwBnnError(
            f"{path}: damaged or not gzip ({error or 'unexpected end of file'});"
            " replace it by the original file"
        ) from None
    header = 4 + 4 * len(shape)
    magic = _UINT8 << 8 | len(shape)
    if len(content) < header:
        raise _wrong(path, f"{len(content)} bytes where the header alone has {header}")
    found_magic, *dimensions = struct.unpack(f">{1 + len(shape)}I", content[:header])
    if found_magic != magic:
        raise _wrong(path, f"magic number {found_magic}, must be {magic}")
    if tuple(dimensions) != shape:
        raise _wrong(path, f"shape {tuple(dimensions)}, must be {shape}")
    size = math.prod(shape)
    if len(content) - header != size:
        raise _wrong(path, f"{len(content) - header} bytes of data, must be {size}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy()


def _wrong(path: Path, what: str) -> HwBnnError:
    return HwBnnError(f"{path}: not the expected idx file: {what}; replace it by the original file")
