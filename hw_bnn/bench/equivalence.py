# SPDX-License-Identifier: BSD-3-Clause
"""Study: thousands of drawn networks give the same bits in every stage.

Two populations. With this project's own layers, torch takes part and nothing may differ. With
torch's own BatchNorm, nothing may differ from QONNX onwards, and torch's activations are ONNX
runtime's but at sums with a threshold within a rounding of float32; where they differ is listed.
"""

from __future__ import annotations

import dataclasses
import itertools
import multiprocessing
import shutil
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn.build.stages import Stages, digest

if TYPE_CHECKING:
    from hw_bnn.bench.comparison import Result
    from hw_bnn.progress import Progress

POPULATIONS = {"own layers": False, "torch's BatchNorm": True}
"""Name, and whether norms are torch's own."""

NETWORKS = 2000
PROCESSES = 2
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
    stages = None if kept is None else Stages(kept)
    found: dict[str, Any] = {"rows": [], "refused": {}, "drawn": {}, "ties": {}}
    found |= {"near": {}, "ambiguous": {}}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as processes:
        for name, stock in POPULATIONS.items():
            results: list[Result] = []
            with progress.step(f"equivalence: {name}", networks) as advance:
                for result in _results(processes, stages, seed, stock):
                    results.append(result)
                    if not result.refused:
                        advance()
                    if sum(not r.refused for r in results) == networks:
                        break
            for key, value in _summary(name, results).items():
                if key == "rows":
                    found["rows"] += value
                else:
                    found[key][name] = value
    if kept is not None:
        shutil.rmtree(kept)
    return found


def _results(
    processes: ProcessPoolExecutor, stages: Stages | None, seed: int, stock: bool
) -> Iterator[Result]:
    """Yield the results of networks 0, 1, 2, ... in this order, without end."""
    from hw_bnn.bench.comparison import Result

    def chunk(first: int) -> dict[str, Any]:
        def action() -> dict[str, Any]:
            return {"results": processes.submit(_work, seed, stock, first, CHUNK).result()}

        if stages is None:
            return action()
        return stages.run(f"{int(stock)}-{first}", digest(seed, stock, first), action)

    with ThreadPoolExecutor(PROCESSES) as threads:
        waiting: deque[Future[dict[str, Any]]] = deque()
        for first in itertools.count(0, CHUNK):
            waiting.append(threads.submit(chunk, first))
            if len(waiting) > PROCESSES:
                yield from (Result(**record) for record in waiting.popleft().result()["results"])


def _work(seed: int, stock: bool, first: int, count: int) -> list[dict[str, Any]]:
    """Compare `count` networks; runs in a process of its own."""
    import torch

    from hw_bnn.bench.comparison import compare

    torch.set_num_threads(1)
    results = (compare(seed, index, stock=stock) for index in range(first, first + count))
    return [dataclasses.asdict(result) for result in results]


def _summary(population: str, results: list[Result]) -> dict[str, Any]:
    """Sum up one population."""
    compared = [result for result in results if not result.refused]
    rows = []
    for pair in compared[0].compared:
        stage, reference = pair.split(", ")
        counts = [result.compared[pair] for result in compared]
        boundaries, values, mismatches = (sum(column) for column in zip(*counts, strict=True))
        row: dict[str, Any] = {"population": population, "stage": stage, "reference": reference}
        row |= {"networks": len(compared), "boundaries": boundaries, "values": values}
        rows.append(row | {"mismatches": mismatches})
    refused = Counter([result.refused for result in results if result.refused])
    drawn = Counter(trait for result in results for trait in result.traits)
    points = [
        f"network {result.index}, layer {layer}, channel {channel}, sum {value!r}"
        for result in compared
        for layer, channel, value in result.ambiguous
    ]
    return {
        "rows": rows,
        "refused": {"in all": sum(refused.values()), **dict(sorted(refused.items()))},
        "drawn": dict(sorted(drawn.items())),
        "ties": sum(result.ties for result in compared),
        "near": sum(result.near for result in compared),
        "ambiguous": {
            "networks": sum(bool(result.ambiguous) for result in compared),
            "networks that differ on their images": sum(result.differing for result in compared),
            "sums": len(points),
            "where": points,
        },
    }
