# SPDX-License-Identifier: BSD-3-Clause
"""Benchmarks: rows of figures, each beside the row it is measured against, in one run."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from hw_bnn.errors import HwBnnError
from hw_bnn.progress import SILENT, Progress

Rows = list[dict[str, Any]]


def _golden(progress: Progress) -> Rows:
    from hw_bnn.bench.golden import golden

    return golden(progress)


BENCHMARKS: dict[str, Callable[[Progress], Rows]] = {"golden": _golden}


def run(name: str, *, progress: Progress = SILENT) -> dict[str, Any]:
    """Run a benchmark; return its rows and the conditions they were measured under.

    Raises:
        HwBnnError: for an unknown name.
    """
    if name not in BENCHMARKS:
        raise HwBnnError(f"no benchmark {name!r}; there are {', '.join(sorted(BENCHMARKS))}")
    rows = BENCHMARKS[name](progress)
    conditions = {
        "command": f"hw-bnn bench {name}",
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in ("hw-bnn", "qonnx", "numpy")},
    }
    return {"benchmark": name, "conditions": conditions, "rows": rows}
