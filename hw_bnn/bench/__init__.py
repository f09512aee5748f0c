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

PACKAGES = ("hw-bnn", "torch", "brevitas", "qonnx", "numpy")

Rows = list[dict[str, Any]]


def _golden(progress: Progress) -> Rows:
    from hw_bnn.bench.golden import golden

    return golden(progress)


def _training(progress: Progress) -> Rows:
    from hw_bnn.bench.training import training

    return training(progress)


BENCHMARKS: dict[str, Callable[[Progress], Rows]] = {"golden": _golden, "training": _training}


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
        "versions": {package: version(package) for package in PACKAGES},
    }
    return {"benchmark": name, "conditions": conditions, "rows": rows}
