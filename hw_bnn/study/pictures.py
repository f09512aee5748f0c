# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of a study, as SVG whose bytes depend on the study alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn import files
from hw_bnn.report.svg import drawn
from hw_bnn.report.svg import figure as empty

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Study = Mapping[str, Any]
_COLOURS = {"better": "#2e9e5b", "worse": "#d23c3c"}
_PLAIN, _LINE = "#5b7fb5", "#d23c3c"


def write(study: Study, out: Path) -> None:
    """Write accuracy.svg, and if any run ended distributions.svg and shares.svg."""
    measured = [entry for entry in study["summary"] if entry["layers"]]
    for draw in (accuracy, distributions, shares) if measured else (accuracy,):
        picture = drawn(lambda draw=draw: draw(study))  # type: ignore[misc]
        files.write_bytes(out / f"{draw.__name__}.svg", picture)


def accuracy(study: Study) -> Figure:
    """Every finished run as a dot; mean and 95% interval of each method, coloured by verdict."""
    figure = empty(7, 1 + 0.28 * len(study["summary"]))
    axes = figure.subplots()
    for place, entry in enumerate(study["summary"]):
        if entry["mean"] is None:
            continue
        finished = (row for row in study["rows"] if not row["diverged"])
        runs = [100 * row["accuracy"] for row in finished if row["method"] == entry["method"]]
        axes.plot(runs, [place] * len(runs), "o", color="#b0b0b0", markersize=3, zorder=1)
        mean = 100 * entry["mean"]
        low, high = (100 * x for x in entry["interval"] or (entry["mean"],) * 2)
        colour = _COLOURS.get(entry.get("verdict", ""), _PLAIN)
        error = [[mean - low], [high - mean]]
        axes.errorbar([mean], [place], xerr=error, fmt="D", color=colour, markersize=4, capsize=3)
        if entry["method"] == study["baseline"]:
            axes.axvline(mean, color="#808080", linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(study["summary"])), [_label(e) for e in study["summary"]])
    axes.set_ylim(len(study["summary"]) - 0.5, -0.5)
    axes.set_xlabel("test accuracy, %: runs, mean with its 95% interval")
    axes.set_title(
        f"{study['study']}: green better, red worse than {study['baseline']} by Holm's procedure"
    )
    return figure


def distributions(study: Study) -> Figure:
    """Pre-activations of each layer and method, mean over seeds; mean threshold as a red line."""
    entries = [entry for entry in study["summary"] if entry["layers"]]
    layers = max(len(entry["layers"]) for entry in entries)
    figure = empty(1.2 + 1.8 * layers, 0.6 + 0.75 * len(entries))
    grid = figure.subplots(len(entries), layers, sharex=True, squeeze=False)
    for row, entry in enumerate(entries):
        for column, axes in enumerate(grid[row]):
            if row == 0:
                axes.set_title(f"activation {column + 1}")
            if column >= len(entry["layers"]):
                axes.set_axis_off()
                continue
            layer = entry["layers"][column]
            axes.stairs(layer["histogram"], study["bins"], fill=True, color=_PLAIN)
            if layer["threshold"] is not None:
                low, mean, high = layer["threshold"]
                axes.axvspan(low, high, color=_LINE, alpha=0.2, linewidth=0)
                axes.axvline(mean, color=_LINE, linewidth=1)
            axes.set_yticks([])
            if column == 0:
                axes.set_ylabel(
                    entry["method"],
                    rotation=0,
                    horizontalalignment="right",
                    verticalalignment="center",
                )
    figure.supxlabel("batch-norm output; red: threshold, shaded from channel to channel")
    return figure


def shares(study: Study) -> Figure:
    """Share of +1 in each layer, with the mean entropy of its channels."""
    entries = [entry for entry in study["summary"] if entry["layers"]]
    rows = [[layer["share_of_plus_one"] for layer in entry["layers"]] for entry in entries]
    table = list(zip(*zip_longest(*rows, fillvalue=math.nan), strict=True))
    names = [f"activation {place + 1}" for place in range(len(table[0]))]
    figure = empty(2.2 + 0.9 * len(names), 1 + 0.3 * len(entries))
    axes = figure.subplots()
    axes.imshow(table, cmap="RdBu", vmin=0, vmax=1, aspect="auto")
    for row, entry in enumerate(entries):
        for column, layer in enumerate(entry["layers"]):
            share, bits = layer["share_of_plus_one"], layer["entropy"]
            colour = "white" if abs(share - 0.5) > 0.3 else "black"
            text = f"{share:.2f} ({bits:.2f} bit)"
            axes.text(column, row, text, color=colour, fontsize=6, ha="center", va="center")
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(entries)), [entry["method"] for entry in entries])
    figure.suptitle("share of +1 (entropy of a channel), mean over seeds")
    return figure


def _label(entry: Mapping[str, Any]) -> str:
    diverged = len(entry["diverged"])
    return f"{entry['method']} ({diverged} diverged)" if diverged else entry["method"]
