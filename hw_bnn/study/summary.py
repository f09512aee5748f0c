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

    Args:
        rows: method, seed, accuracy and layers (see hw_bnn.study.measure.Layer) of every run.
        baseline: the method that the others are compared with.
    """
    accuracy = {(row["method"], row["seed"]): row["accuracy"] for row in rows}
    methods = list(dict.fromkeys(row["method"] for row in rows))
    seeds = list(dict.fromkeys(row["seed"] for row in rows))
    summary, sentences = [], []
    for method in methods:
        entry: dict[str, Any] = {"method": method, "seeds": len(seeds)}
        entry |= statistics.estimate([accuracy[method, seed] for seed in seeds]).as_dict()
        if method != baseline:
            pairs = [accuracy[method, seed] - accuracy[baseline, seed] for seed in seeds]
            difference = statistics.estimate(pairs)
            entry["difference"] = difference.as_dict()
            entry["verdict"] = statistics.verdict(difference)
            sentences.append(statistics.sentence(method, baseline, difference))
        entry["layers"] = _mean_layers([row["layers"] for row in rows if row["method"] == method])
        summary.append(entry)
    result: dict[str, Any] = {"baseline": baseline, "summary": summary, "sentences": sentences}
    return result | {"caution": statistics.caution(len(sentences))}


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
