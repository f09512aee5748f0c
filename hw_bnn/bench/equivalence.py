# SPDX-License-Identifier: BSD-3-Clause
"""Study: thousands of drawn networks give the same bits in every stage.

Two populations. With this project's own layers, torch takes part and nothing may differ. With
torch's own BatchNorm, nothing may differ from QONNX onwards, and torch's activations are ONNX
runtime's but at sums with a threshold within a rounding of float32; where they differ is listed.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn.bench.study import Study, counts

if TYPE_CHECKING:
    from hw_bnn.bench.comparison import Result
    from hw_bnn.progress import Progress

POPULATIONS = {"own layers": False, "torch's BatchNorm": True}
"""Name, and whether norms are torch's own."""

NETWORKS = 2000
CHUNK = 10
"""Networks that a process takes at a time."""


def equivalence(
    progress: Progress, *, networks: int = NETWORKS, seed: int = 0, kept: Path | None = None
) -> dict[str, Any]:
    """Draw networks until so many of each population were compared; refused ones come on top.

    Args:
        progress: where progress is reported.
        networks: how many to compare in each population.
        seed: of the drawing.
        kept: folder for finished networks, from which an interrupted run goes on; removed at
            the end.

    Returns:
        `rows` with boundaries, values and mismatches for each pair of stages; for each
        population what was `refused` by which rule, what was `drawn` how often, the number of
        `ties`, of sums `near` a threshold, and the sums at which torch is `ambiguous`.
    """
    from hw_bnn.bench.comparison import Result

    found: dict[str, Any] = {"rows": [], "refused": {}, "drawn": {}, "ties": {}}
    found |= {"near": {}, "ambiguous": {}}
    with Study(CHUNK, kept) as study:
        for name, stock in POPULATIONS.items():
            with progress.step(f"equivalence: {name}", networks) as advance:
                records = study.run(_work, seed, int(stock), networks=networks, advance=advance)
            for key, value in _summary(name, [Result(**record) for record in records]).items():
                if key == "rows":
                    found["rows"] += value
                else:
                    found[key][name] = value
    return found


def _work(seed: int, stock: int, first: int, count: int) -> list[dict[str, Any]]:
    """Compare `count` networks; runs in a process of its own."""
    import torch

    from hw_bnn.bench.comparison import compare

    torch.set_num_threads(1)
    results = (compare(seed, index, stock=bool(stock)) for index in range(first, first + count))
    return [dataclasses.asdict(result) for result in results]


def _summary(population: str, results: list[Result]) -> dict[str, Any]:
    """Sum up one population."""
    compared = [result for result in results if not result.refused]
    rows = []
    for pair in compared[0].compared:
        stage, reference = pair.split(", ")
        figures = [result.compared[pair] for result in compared]
        boundaries, values, mismatches = (sum(column) for column in zip(*figures, strict=True))
        row: dict[str, Any] = {"population": population, "stage": stage, "reference": reference}
        row |= {"networks": len(compared), "boundaries": boundaries, "values": values}
        rows.append(row | {"mismatches": mismatches})
    points = [
        f"network {result.index}, layer {layer}, channel {channel}, sum {value!r}"
        for result in compared
        for layer, channel, value in result.ambiguous
    ]
    return counts(results) | {
        "rows": rows,
        "ties": sum(result.ties for result in compared),
        "near": sum(result.near for result in compared),
        "ambiguous": {
            "networks": sum(bool(result.ambiguous) for result in compared),
            "networks that differ on their images": sum(result.differing for result in compared),
            "sums": len(points),
            "where": points,
        },
    }
