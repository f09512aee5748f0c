# SPDX-License-Identifier: BSD-3-Clause
"""Benchmarks: rows of figures, each beside the row it is measured against, in one run."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hw_bnn.errors import HwBnnError
from hw_bnn.progress import SILENT, Progress
from hw_bnn.tools.revision import revision

PACKAGES = ("hw-bnn", "torch", "brevitas", "qonnx", "onnxruntime", "numpy")

Result = dict[str, Any]
"""Holds `rows`, and what else a benchmark has to say."""


def _golden(progress: Progress) -> Result:
    from hw_bnn.bench.golden import golden

    return {"rows": golden(progress)}


def _lanes(progress: Progress) -> Result:
    from hw_bnn.bench.lanes import lanes

    return {"rows": lanes(progress)}


def _proofs(progress: Progress) -> Result:
    from hw_bnn.bench.proofs import proofs

    return proofs(progress)


def _training(progress: Progress, kept: Path, name: str = "training") -> Result:
    from hw_bnn.bench.training import training

    return {"rows": training(progress, kept, name)}


def _constant(progress: Progress) -> Result:
    from hw_bnn.bench.constant import constant

    return {"rows": constant(progress)}


def _equivalence(progress: Progress, **options: Any) -> Result:
    from hw_bnn.bench.equivalence import equivalence

    return equivalence(progress, **options)


def _mlp(progress: Progress, kept: Path) -> Result:
    from hw_bnn.bench.accelerators import mlp

    return {"rows": mlp(progress, kept)}


def _cnv(progress: Progress, build: Path | None = None, *, kept: Path) -> Result:
    from hw_bnn.bench.accelerators import cnv

    if build is None:
        raise HwBnnError("benchmark cnv needs --build, the folder of a run of CNV")
    return {"rows": cnv(progress, build, kept)}


def _fifo(progress: Progress, build: Path | None = None) -> Result:
    from hw_bnn.bench.fifo import fifo

    if build is None:
        raise HwBnnError("benchmark fifo needs --build, the folder of a build")
    return {"rows": fifo(progress, build)}


def _finn_operators(progress: Progress) -> Result:
    from hw_bnn.bench.finn_operators import finn_operators

    return {"rows": finn_operators(progress)}


def _folding(progress: Progress) -> Result:
    from hw_bnn.bench.folding import folding

    return folding(progress)


def _resources(progress: Progress) -> Result:
    from hw_bnn.bench.resources import resources

    return resources(progress)


def _size(progress: Progress, kept: Path) -> Result:
    from hw_bnn.bench.size import size

    return {"rows": size(progress, kept)}


def _costs(progress: Progress) -> Result:
    from hw_bnn.bench.costs import costs

    return {"rows": costs(progress)}


def _epochs(progress: Progress, kept: Path) -> Result:
    from hw_bnn.bench.epochs import epochs

    return {"rows": epochs(progress, kept)}


def _steps(progress: Progress) -> Result:
    from hw_bnn.bench.steps import steps

    return {"rows": steps(progress)}


def _rtl(progress: Progress, **options: Any) -> Result:
    from hw_bnn.bench.rtl import rtl

    return rtl(progress, **options)


BENCHMARKS: dict[str, Callable[..., Result]] = {
    "cnv": _cnv,
    "constant": _constant,
    "costs": _costs,
    "epochs": _epochs,
    "equivalence": _equivalence,
    "fifo": _fifo,
    "finn-operators": _finn_operators,
    "folding": _folding,
    "golden": _golden,
    "lanes": _lanes,
    "mlp": _mlp,
    "proofs": _proofs,
    "resources": _resources,
    "rtl": _rtl,
    "size": _size,
    "steps": _steps,
    "training": _training,
    "training-lfc": partial(_training, name="training-lfc"),
    "training-sfc": partial(_training, name="training-sfc"),
}
OPTIONS: dict[str, tuple[str, ...]] = {
    "cnv": ("build", "kept"),
    "epochs": ("kept",),
    "equivalence": ("networks", "seed", "kept"),
    "fifo": ("build",),
    "mlp": ("kept",),
    "rtl": ("networks", "seed", "kept"),
    "size": ("kept",),
    "training": ("kept",),
    "training-lfc": ("kept",),
    "training-sfc": ("kept",),
}
"""What benchmarks take; `kept` is a folder from which an interrupted one goes on."""


def run(name: str, *, progress: Progress = SILENT, **options: Any) -> dict[str, Any]:
    """Run a benchmark; return its rows and the conditions they were measured under.

    Args:
        name: one of BENCHMARKS.
        progress: where progress is reported.
        options: see OPTIONS and the benchmark.

    Raises:
        HwBnnError: for an unknown name, or options that the benchmark does not take.
    """
    if name not in BENCHMARKS:
        raise HwBnnError(f"no benchmark {name!r}; there are {', '.join(sorted(BENCHMARKS))}")
    wrong = [key for key in options if key not in OPTIONS.get(name, ())]
    if wrong:
        raise HwBnnError(f"benchmark {name} takes no {', '.join(wrong)}; leave them out")
    commit = revision()
    result = BENCHMARKS[name](progress, **options)
    shown = "".join(
        f" --{key} {value.name if isinstance(value, Path) else value}"
        for key, value in options.items()
        if key != "kept"
    )
    described = conditions(f"hw-bnn bench {name}{shown}", commit)
    return {"benchmark": name, "conditions": described} | result


def conditions(command: str, commit: str | None) -> dict[str, Any]:
    """Return what figures depend on beside their command: commit, machine and packages."""
    return {
        "command": command,
        "commit": commit,
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
    }
