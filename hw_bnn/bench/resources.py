# SPDX-License-Identifier: BSD-3-Clause
"""Resource models beside syntheses of small operators, and their coefficients by least squares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.bench.counting import counted
from hw_bnn.bench.resource_points import graph, points
from hw_bnn.codegen.verilog import Unit, wrapper
from hw_bnn.rtl import sources
from hw_bnn.tools.caching import cache_folder

if TYPE_CHECKING:
    from hw_bnn.dataflow.operators.library import LibraryOp
    from hw_bnn.dataflow.resources import Resources
    from hw_bnn.progress import Progress


def resources(progress: Progress) -> dict[str, Any]:
    """Synthesise every point, each once, and compare it with the estimate.

    Returns:
        `rows` with `design` (the module), `parameters`, the figures of `counted`, and the estimates
        `estimated_lc`, `estimated_lutram` and `estimated_bram36`; `errors` for each module, see
        `errors`; `coefficients` fitted to the rows, see `fit`.
    """
    rows = []
    estimates = estimated()
    with progress.step("synthesis of operators", len(estimates)) as advance:
        for (operation, attributes), estimate in zip(points(), estimates, strict=True):
            figures = synthesised(operation, attributes)
            rows.append(
                {"design": estimate.module, "parameters": _text(attributes)}
                | figures
                | {
                    "estimated_lc": round(estimate.lc, 1),
                    "estimated_lutram": estimate.lutram,
                    "estimated_bram36": estimate.bram18 / 2,
                }
            )
            advance()
    found = fit(estimates, [row["lc"] for row in rows])
    return {"rows": rows, "errors": errors(rows), "coefficients": found}


def estimated() -> list[Resources]:
    """Return the estimates of all points."""
    return [operator(*point).resources() for point in points()]


def operator(operation: str, attributes: Mapping[str, Any]) -> LibraryOp:
    """Return one operator."""
    from qonnx.custom_op.registry import getCustomOp

    from hw_bnn.dataflow import engine

    engine.start(cache_folder("finn"))
    found: LibraryOp = getCustomOp(graph(operation, attributes).graph.node[0])
    return found


def _unit(operation: str, attributes: Mapping[str, Any]) -> Unit:
    return operator(operation, attributes).unit(graph(operation, attributes))


def _text(attributes: Mapping[str, Any]) -> str:
    return " ".join(
        f"{name}={'x'.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in attributes.items()
        if name != "padCodes"
    )


def errors(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Return, for each module, how far the estimates are from the syntheses.

    `median` and `largest` are of |estimate - measured| / measured, for logic cells and look-up
    table sites as memory together; `lutram` and `bram36` are the largest differences of these two.
    """
    found: dict[str, dict[str, float]] = {}
    for module in dict.fromkeys(row["design"] for row in rows):
        own = [row for row in rows if row["design"] == module]
        relative = [
            abs(row["estimated_lc"] + row["estimated_lutram"] - row["lc"] - row["lutram"])
            / (row["lc"] + row["lutram"])
            for row in own
        ]
        found[module] = {
            "points": len(own),
            "median": round(float(np.median(relative)), 3),
            "largest": round(max(relative), 3),
        } | {
            name: max(abs(row[f"estimated_{name}"] - row[name]) for row in own)
            for name in ("lutram", "bram36")
        }
    return found


def fit(
    estimates: Sequence[Resources], logic_cells: Sequence[float]
) -> dict[str, dict[str, float]]:
    """Return {module: {term: coefficient}} with the least relative squared errors.

    A term whose coefficient would be negative is left out (0).
    """
    counts = [estimate.counts() for estimate in estimates]
    terms = sorted({term for count in counts for term in count})
    scale = np.array(logic_cells, dtype=float)[:, None]
    matrix = np.array([[count[term] for term in terms] for count in counts]) / scale
    found: dict[str, dict[str, float]] = {}
    for (module, name), value in zip(terms, _not_negative(matrix), strict=True):
        found.setdefault(module, {})[name] = round(float(value), 3)
    return found


def _not_negative(matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Find coefficients for which all rows are near 1; leave out columns that want less than 0."""
    kept = np.ones(matrix.shape[1], dtype=bool)
    while True:
        values = np.zeros(matrix.shape[1])
        values[kept] = np.linalg.lstsq(matrix[:, kept], np.ones(len(matrix)))[0]
        if values.min() >= 0:
            return values
        kept[values.argmin()] = False


def synthesised(operation: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of one operator."""
    unit = _unit(operation, attributes)
    texts = {f"{unit.name}.v": wrapper(unit), **unit.memories}
    return counted(texts | {path.name: path.read_text() for path in sources()}, unit.name)
