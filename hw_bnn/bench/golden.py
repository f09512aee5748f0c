# SPDX-License-Identifier: BSD-3-Clause
"""Speed of the golden executor beside qonnx's own."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.golden import Golden
    from hw_bnn.progress import Progress

ROUNDS = 10
SECONDS = 0.2
"""Time at least per design, batch and round; at least one call."""


def golden(progress: Progress) -> list[dict[str, Any]]:
    """Measure images per second, the executors of one network taking turns.

    The networks are TFC (784-64-64-64-10) and CNV_1W1A as Brevitas defines it. Their weights are
    random, the images are random pixels: the time depends on neither. Times include everything
    from float32 images to float32 outputs. The golden executor uses all cores; qonnx's calls
    ONNX Runtime, which does too.

    Returns:
        Rows with `network`, `design`, `batch`, images per second (`best`, `median` and `worst`
        call) and `seconds` of the median call; beside each `baseline`, `ratio` of the medians and
        `ratio_of_bests`: the best call is the one that other work on the machine has disturbed
        least.
    """
    tfc, cnv = _prepared(_tfc), _prepared(_cnv)
    with progress.step("benchmark: golden executor", 2 * ROUNDS) as advance:
        rows = _rows("TFC", *tfc, {"qonnx": (1, 1000), "golden": (1, 1000)}, advance)
        return rows + _rows(
            "CNV_1W1A", *cnv, {"qonnx": (1, 100), "golden": (1, 100, 10_000)}, advance
        )


def _rows(
    network: str,
    source: ModelWrapper,
    executor: Golden,
    batches: dict[str, tuple[int, ...]],
    advance: Callable[[], None],
) -> list[dict[str, Any]]:
    from hw_bnn.export.model import run_model, with_batch

    shape = (max(batches["golden"]), *executor.input_shape)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    images = executor.prepare(pixels)
    sources = {batch: with_batch(source, batch) for batch in batches["qonnx"]}
    calls: dict[str, Callable[[int], Any]] = {
        "qonnx": lambda batch: run_model(sources[batch], images[:batch]),
        "golden": lambda batch: executor.run(images[:batch]),
    }
    rates: dict[tuple[str, int], list[float]] = {
        (design, batch): [] for design in batches for batch in batches[design]
    }
    for design, batch in rates:
        calls[design](batch)  # warms up
    for _ in range(ROUNDS):
        for design, batch in rates:
            rates[design, batch] += _rates(calls[design], batch)
        advance()
    return [row for key in rates for row in _row(network, *key, rates)]


def _row(
    network: str, design: str, batch: int, rates: dict[tuple[str, int], list[float]]
) -> list[dict[str, Any]]:
    """Return a row of figures; for golden one beside each batch of qonnx."""
    values = rates[design, batch]
    middle = statistics.median(values)
    figures = {"best": max(values), "median": middle, "worst": min(values)}
    row: dict[str, Any] = {"network": network, "design": design, "batch": batch}
    row |= {key: _rounded(value) for key, value in figures.items()}
    row["seconds"] = _rounded(batch / middle)
    if design == "qonnx":
        return [row]
    return [
        row
        | {
            "baseline": f"qonnx, batch {base}",
            "ratio": _rounded(middle / statistics.median(others)),
            "ratio_of_bests": _rounded(max(values) / max(others)),
        }
        for (other, base), others in rates.items()
        if other == "qonnx"
    ]


def _rounded(value: float) -> float:
    """Four significant digits."""
    return float(f"{value:.4g}")


def _rates(call: Callable[[int], Any], batch: int) -> list[float]:
    """Images per second of every call of a round."""
    found: list[float] = []
    ends = time.perf_counter() + SECONDS
    while not found or time.perf_counter() < ends:
        started = time.perf_counter()
        call(batch)
        found.append(batch / (time.perf_counter() - started))
    return found


def _prepared(export: Callable[[Path], None]) -> tuple[ModelWrapper, Golden]:
    """Export a network; return the source and the executor of its integer network."""
    from hw_bnn.export.inputs import InputKind
    from hw_bnn.export.integer import to_integer
    from hw_bnn.export.model import load_model
    from hw_bnn.export.network import read_network
    from hw_bnn.golden import Golden

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "source.onnx"
        export(path)
        source = load_model(path)
        return source, Golden(to_integer(read_network(source), InputKind.UINT8_255))


def _tfc(path: Path) -> None:
    from hw_bnn.bench.untrained import export_untrained
    from hw_bnn.config import ModelConfig

    export_untrained(ModelConfig(), (1, 28, 28), path)


def _cnv(path: Path) -> None:
    from hw_bnn.bench.brevitas_models import export_brevitas

    export_brevitas("CNV_1W1A", path)
