# SPDX-License-Identifier: BSD-3-Clause
"""Pictures as SVG whose bytes depend on the data alone."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE = {"svg.hashsalt": "hw-bnn", "svg.fonttype": "none", "font.size": 8.0}


def figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def drawn(draw: Callable[[], Figure]) -> bytes:
    """Return what `draw` draws as an SVG file."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    with rc_context(_STYLE):
        draw().savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
