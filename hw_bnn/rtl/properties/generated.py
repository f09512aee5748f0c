# SPDX-License-Identifier: BSD-3-Clause
"""Modules that the package generates, in small, so that a proof can be made of them."""

from __future__ import annotations

from pathlib import Path

from hw_bnn import files
from hw_bnn.rtl import sources as library

GENERATED = ("constant_stream",)
"""Generated modules that stand for a kind, as modules of the library stand for themselves."""

STAGES = {"constant_stream": 2, "constant_stream_at_once": 0}


def modules(folder: Path) -> list[Path]:
    """Return the library's sources, and those of generated modules, which are put into `folder`.

    The layer has three inputs and two outputs; its weights and thresholds are those of
    constant_stream_properties.
    """
    import numpy as np

    from hw_bnn.codegen.constant import ConstantLayer
    from hw_bnn.codegen.constant_stream import stream

    layer = ConstantLayer(np.array([[1, 0], [1, 1], [0, 1]], dtype=bool), np.array([2, 3]))
    written = []
    for name, stages in STAGES.items():
        for file, text in stream(name, [layer], stages).items():
            written.append(folder / file)
            files.write_text(written[-1], text)
    return [*library(), *written]
