# SPDX-License-Identifier: BSD-3-Clause
"""From the runs of a study to one entry per method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hw_bnn.study import statistics

Row = Mapping[str, Any]
Pair = tuple[str, str]
"""A method, and the one that it is compared with."""


def summarise(rows: Sequence[Row], baseline: str, pairs: Sequence[Pair] = ()) -> dict[str, Any]:
    """Return `summary` (methods in order), `pairs`, `sentences` and `caution`.

    Diverged runs are named and left out of everything else. Two methods are compared by the seeds
    that neither lacks, if there are two.

    Args:
        rows: method, seed, diverged, and unless it has, accuracy and layers (see
            hw_bnn.study.measure.Layer), of every run.
        baseline: the method that the others are compared with.
        pairs: what else is compared.
    """
    methods = list(dict.fromkeys(row["method"] for row in rows))
    asked = [(method, baseline) for method in methods if method != baseline]
    compared = _comparisons(rows, [*asked, *pairs])
    summary, sentences = [], []
    for method in methods:
        own = [row for row in rows if row["method"] == method]
        entry = _entry(method, own)
        if entry["diverged"]:
            count = f"{len(entry['diverged'])} of {len(own)}"
            sentences.append(f"{method}: {count} seeds diverged, left out of its means")
        summary.append(entry | _found((method, baseline), compared))
        if method != baseline:
            sentences.append(_sentence((method, baseline), compared))
    result: dict[str, Any] = {
        "baseline": baseline,
        "summary": summary,
        "pairs": [
            {"method": pair[0], "against": pair[1], **_found(pair, compared)} for pair in pairs
        ],
        "sentences": sentences + [_sentence(pair, compared) for pair in pairs],
    }
    return result | {"caution": statistics.caution(len(compared))}


def _comparisons(rows: Sequence[Row], pairs: Sequence[Pair]) -> dict[Pair, dict[str, Any]]:
    """Return the mean difference of each pair, seed by seed, and its verdict, where there are two.

    The procedure of Holm is over all of them.
    """
    runs: dict[str, dict[int, float]] = {}
    for row in rows:
        if not row["diverged"]:
            runs.setdefault(row["method"], {})[row["seed"]] = row["accuracy"]
    found = {}
    for one, other in pairs:
        own, base = runs.get(one, {}), runs.get(other, {})
        differences = [own[seed] - base[seed] for seed in own if seed in base]
        if len(differences) > 1:
            found[one, other] = statistics.estimate(differences)
    adjusted = statistics.holm([statistics.p_value(difference) for difference in found.values()])
    return {
        pair: {
            "difference": {"seeds": difference.number, **difference.as_dict(), "p_holm": p},
            "verdict": statistics.verdict(difference, p),
            "sentence": statistics.sentence(*pair, difference, p),
        }
        for (pair, difference), p in zip(found.items(), adjusted, strict=True)
    }


def _found(pair: Pair, compared: Mapping[Pair, Row]) -> dict[str, Any]:
    """Return difference and verdict of a pair, nothing if it could not be compared."""
    found = compared.get(pair, {})
    return {key: found[key] for key in ("difference", "verdict") if key in found}


def _sentence(pair: Pair, compared: Mapping[Pair, Row]) -> str:
    if pair not in compared:
        return f"{pair[0]}: no comparison with {pair[1]}: fewer than 2 seeds of both"
    text: str = compared[pair]["sentence"]
    return text


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
