# SPDX-License-Identifier: BSD-3-Clause
"""From the runs of a study to one entry per method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hw_bnn.study import statistics

Row = Mapping[str, Any]


def summarise(rows: Sequence[Row], baseline: str) -> dict[str, Any]:
    """Return `summary` (methods in order), `sentences` and `caution`.

    Diverged runs are named and left out of everything else. A method is compared by the seeds that
    neither it nor the baseline lacks, if there are two.

    Args:
        rows: method, seed, diverged, and unless it has, accuracy and layers (see
            hw_bnn.study.measure.Layer), of every run.
        baseline: the method that the others are compared with.
    """
    differences = _differences(rows, baseline)
    adjusted = statistics.holm([statistics.p_value(found) for found in differences.values()])
    p_values = dict(zip(differences, adjusted, strict=True))
    summary, sentences = [], []
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        entry = _entry(method, own)
        if entry["diverged"]:
            count = f"{len(entry['diverged'])} of {len(own)}"
            sentences.append(f"{method}: {count} seeds diverged, left out of its means")
        if method in differences:
            found, p = differences[method], p_values[method]
            entry["difference"] = {"seeds": found.number, **found.as_dict(), "p_holm": p}
            entry["verdict"] = statistics.verdict(found, p)
            sentences.append(statistics.sentence(method, baseline, found, p))
        elif method != baseline:
            sentences.append(f"{method}: no comparison with {baseline}: fewer than 2 seeds of both")
        summary.append(entry)
    result: dict[str, Any] = {"baseline": baseline, "summary": summary, "sentences": sentences}
    return result | {"caution": statistics.caution(len(differences))}


def _differences(rows: Sequence[Row], baseline: str) -> dict[str, statistics.Estimate]:
    """Return each method's mean difference to the baseline, seed by seed, where there are two."""
    runs: dict[str, dict[int, float]] = {}
    for row in rows:
        if not row["diverged"]:
            runs.setdefault(row["method"], {})[row["seed"]] = row["accuracy"]
    base = runs.pop(baseline, {})
    pairs = {m: [own[s] - base[s] for s in own if s in base] for m, own in runs.items()}
    return {m: statistics.estimate(found) for m, found in pairs.items() if len(found) > 1}


def _entry(method: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what a method's own runs say; mean, deviation and interval are None without any."""
    finished = [row for row in rows if not row["diverged"]]
    found = statistics.estimate([row["accuracy"] for row in finished]) if finished else None
    return {
        "method": method,
        "seeds": len(finished),
        "diverged": [row["seed"] for row in rows if row["diverged"]],
        **(found.as_dict() if found else dict.fromkeys(("mean", "deviation", "interval"))),
        "layers": _mean_layers([row["layers"] for row in finished]),
    }


def _mean_layers(runs: Sequence[Sequence[Row]]) -> list[dict[str, Any]]:
    """Average what was measured over the seeds, layer by layer."""
    return [
        {
            "name": layers[0]["name"],
            **{
                key: None
                if layers[0][key] is None
                else np.mean([layer[key] for layer in layers], axis=0).round(6).tolist()
                for key in ("share_of_plus_one", "entropy", "threshold", "histogram")
            },
        }
        for layers in zip(*runs, strict=True)
    ]
