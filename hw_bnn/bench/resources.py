# SPDX-License-Identifier: BSD-3-Clause
"""Resource models beside syntheses of small operators, and their coefficients by least squares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.bench.counting import FIGURES, counted
from hw_bnn.bench.resource_points import graph, points
from hw_bnn.bench.resource_units import NETWORKS, built
from hw_bnn.codegen.verilog import Unit, wrapper
from hw_bnn.rtl import sources
from hw_bnn.tools.caching import cache_folder

if TYPE_CHECKING:
    from hw_bnn.dataflow.operators.library import LibraryOp
    from hw_bnn.dataflow.resources import Resources
    from hw_bnn.progress import Progress


def resources(progress: Progress) -> dict[str, Any]:
    """Synthesise every point, each once, and compare it with the estimate.

    Estimates are by the coefficients of hw_bnn.dataflow.resources.

    Returns:
        `rows` with `design` (the module), `points` ("fitted", "held out", or the network that has
        such a unit, if it is like no fitted one), `parameters`, the figures of `counted`, and the
        estimates `estimated_lc`, `estimated_lutram` and `estimated_bram36`; `errors`, see `errors`;
        `coefficients` fitted to the first kind of rows, see `fit`.
    """
    found = {network: built(network) for network in NETWORKS}
    tasks = [("fitted", point) for point in points()]
    tasks += [("held out", point) for point in points(held_out=True)]
    rows = []
    with progress.step("synthesis of operators", len(tasks)) as advance:
        for kind, (operation, attributes) in tasks:
            estimate = operator(operation, attributes).resources()
            figures = synthesised(operation, attributes)
            rows.append(_row(kind, _text(attributes), estimate, figures))
            advance()
    seen = estimated()
    for network, units in found.items():
        rows += [_row(network, *unit) for unit in units if unit[1] not in seen]
    fitted = [row["lc"] for row in rows if row["points"] == "fitted"]
    return {"rows": rows, "errors": errors(rows), "coefficients": fit(seen, fitted)}


def _row(
    kind: str, parameters: str, estimate: Resources, figures: Mapping[str, Any]
) -> dict[str, Any]:
    return (
        {"design": estimate.module, "points": kind, "parameters": parameters}
        | {name: figures[name] for name in FIGURES}
        | {
            "estimated_lc": round(estimate.lc, 1),
            "estimated_lutram": estimate.lutram,
            "estimated_bram36": estimate.bram18 / 2,
        }
    )


def estimated() -> list[Resources]:
    """Return the estimates of the points that are fitted."""
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


def errors(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each module and kind of points, how far estimates are from syntheses.

    `median` and `largest` are of |estimate - measured| / measured, for logic cells and look-up
    table sites as memory together, and `sum` is (estimate - measured) / measured of the rows' sum;
    `lutram` and `bram36` are the largest differences of these two.
    """
    found = []
    for module, kind in sorted({(row["design"], row["points"]) for row in rows}):
        own = [row for row in rows if (row["design"], row["points"]) == (module, kind)]
        estimate = np.array([row["estimated_lc"] + row["estimated_lutram"] for row in own])
        measured = np.array([row["lc"] + row["lutram"] for row in own])
        relative = abs(estimate - measured) / measured
        found.append(
            {
                "design": module,
                "points": kind,
                "rows": len(own),
                "median": round(float(np.median(relative)), 3),
                "largest": round(float(relative.max()), 3),
                "sum": round(float(estimate.sum() / measured.sum() - 1), 3),
            }
            | {
                name: max(abs(row[f"estimated_{name}"] - row[name]) for row in own)
                for name in ("lutram", "bram36")
            }
        )
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
    texts = {f"{unit.name}.v": wrapper(unit), **unit.memories, **unit.sources}
    return counted(texts | {path.name: path.read_text() for path in sources()}, unit.name)
