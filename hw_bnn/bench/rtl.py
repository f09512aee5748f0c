# SPDX-License-Identifier: BSD-3-Clause
"""Study: hundreds of drawn networks, folded at random, give golden's bits as RTL.

Without pauses they do it in the cycles of the cycle model; with pauses at both ends nothing is
lost.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn.bench.study import Study, counts

if TYPE_CHECKING:
    from hw_bnn.bench.rtl_network import Result
    from hw_bnn.progress import Progress

NETWORKS = 300
CHUNK = 2
"""Networks that a process takes at a time."""


def rtl(
    progress: Progress, *, networks: int = NETWORKS, seed: int = 0, kept: Path | None = None
) -> dict[str, Any]:
    """Draw networks until so many were simulated; refused ones come on top.

    Args:
        progress: where progress is reported.
        networks: how many to simulate.
        seed: of the drawing; networks are own layers' in the equivalence study.
        kept: folder for finished networks, from which an interrupted run goes on; removed at
            the end.

    Returns:
        `rows`, one for each simulation: boundaries, values and mismatches, networks that stopped
        in a deadlock or by another error, networks whose latency or pace is not the model's;
        `failed`, the calls that repeat what failed; what was `refused` by which rule, and what
        was `drawn` how often.
    """
    from hw_bnn.bench.rtl_network import Result

    with Study(CHUNK, kept) as study, progress.step("networks through RTL", networks) as advance:
        records = study.run(_work, seed, networks=networks, advance=advance)
    return _summary(seed, [Result(**record) for record in records])


def _work(seed: int, first: int, count: int) -> list[dict[str, Any]]:
    """Simulate `count` networks; runs in a process of its own."""
    import torch

    from hw_bnn.bench.rtl_network import check

    torch.set_num_threads(1)
    return [dataclasses.asdict(check(seed, index)) for index in range(first, first + count)]


def _summary(seed: int, results: list[Result]) -> dict[str, Any]:
    from hw_bnn.bench.rtl_network import STAGES

    simulated = [result for result in results if not result.refused]
    rows = []
    for stage in STAGES:
        figures = [result.compared.get(stage, (0, 0, 0)) for result in simulated]
        boundaries, values, mismatches = (sum(column) for column in zip(*figures, strict=True))
        stops = [result.stopped[stage] for result in simulated if stage in result.stopped]
        deadlocks = sum("deadlock" in reason for reason in stops)
        row: dict[str, Any] = {"stage": stage, "reference": "golden", "networks": len(simulated)}
        row |= {"boundaries": boundaries, "values": values, "mismatches": mismatches}
        rows.append(row | {"deadlocks": deadlocks, "errors": len(stops) - deadlocks})
    rows[0]["other_latency"] = sum(result.latency for result in simulated)
    rows[0]["other_pace"] = sum(result.pace for result in simulated)
    failed = [
        f"hw_bnn.bench.rtl_network.check({seed}, {result.index}): {reason}"
        for result in simulated
        for reason in _reasons(result)
    ]
    return {"rows": rows, "failed": failed} | counts(results)


def _reasons(result: Result) -> list[str]:
    """Say all that is wrong with a network's simulations."""
    reasons = [
        f"{stage} differs from golden in {wrong} of {values} values"
        for stage, (_, values, wrong) in result.compared.items()
        if wrong
    ]
    reasons += [f"{stage}: {reason}" for stage, reason in result.stopped.items()]
    reasons += ["the latency is not the cycle model's"] if result.latency else []
    return reasons + (["the pace is not the cycle model's"] if result.pace else [])
