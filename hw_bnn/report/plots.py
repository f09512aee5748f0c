# SPDX-License-Identifier: BSD-3-Clause
"""Stored benchmarks as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hw_bnn.report.benchmarks import Row
from hw_bnn.report.svg import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_OURS, _OTHER, _LINE = "#2e6fb5", "#b0b0b0", "#d23c3c"
_PE = 32


def lanes(content: Row) -> Figure:
    """Logic cells per lane over SIMD at 1 bit, and over bits of the activations."""
    picture = figure(7, 2.8)
    by_width, by_bits = picture.subplots(1, 2)
    for design, colour in (("hw_bnn", _OURS), ("for loop", _OTHER)):
        own = [row for row in content["rows"] if row["design"] == design]
        narrow = [row for row in own if row["bits"] == 1 and row["pe"] == _PE]
        by_width.plot(*_points(narrow, "simd"), "o-", color=colour, label=design)
        wide = [row for row in own if row["simd"] == 32 and row["pe"] == 8]
        by_bits.plot(*_points(wide, "bits"), "o-", color=colour, label=design)
    by_width.set_xscale("log", base=2)
    by_width.set_xlabel(f"SIMD, 1-bit activations, PE {_PE}")
    by_bits.set_xlabel("bits of an activation, PE 8, SIMD 32")
    by_width.set_ylabel("logic cells per lane")
    for axes in (by_width, by_bits):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    return picture


def _points(rows: list[Row], key: str) -> tuple[list[float], list[float]]:
    ordered = sorted(rows, key=lambda row: row[key])
    return [row[key] for row in ordered], [row["lc_per_lane"] for row in ordered]


def constant(content: Row) -> Figure:
    """Logic cells of unrolled networks, by design."""
    rows = [row for row in content["rows"] if "lc" in row]
    picture = figure(7, 0.8 + 0.3 * len(rows))
    axes = picture.subplots()
    colours = [_OTHER if row["design"] == "da4ml" else _OURS for row in rows]
    bars = axes.barh([f"{row['network']}, {row['design']}" for row in rows],
                     [row["lc"] for row in rows], color=colours)  # fmt: skip
    axes.bar_label(bars, [f"{row['lc']:,}" for row in rows], padding=3)
    axes.margins(x=0.12)
    axes.invert_yaxis()
    axes.set_xlabel("logic cells")
    return picture


def training(metrics: Row) -> Figure:
    """Loss over epochs and, where images are held out, accuracy on them."""
    epochs = metrics["epochs"]
    numbers = [epoch["epoch"] for epoch in epochs]
    judged = epochs[0]["validation_accuracy"] is not None
    picture = figure(7, 2.4)
    left, *right = picture.subplots(1, 2 if judged else 1, squeeze=False)[0]
    left.plot(numbers, [epoch["loss"] for epoch in epochs], ".-", color=_OURS)
    left.set_ylabel("loss")
    for axes in right:
        shares = [100 * epoch["validation_accuracy"] for epoch in epochs]
        axes.plot(numbers, shares, ".-", color=_OURS)
        axes.plot(metrics["chosen_epoch"], shares[metrics["chosen_epoch"] - 1], "o", color=_LINE)
        axes.set_ylabel("held-out images right, %")
    for axes in (left, *right):
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
    return picture


def size(content: Row) -> Figure:
    """Logic cells and block RAM over the weights of a network."""
    picture = figure(7, 2.8)
    for axes, key, name in zip(
        picture.subplots(1, 2), ("lc", "bram36"), ("logic cells", "BRAM36"), strict=True
    ):
        for row in content["rows"]:
            colour = _OURS if row["target"] == 1000 else _LINE
            axes.plot([row["weights"]], [row[key]], "o", color=colour)
            axes.annotate(f"{row['network']}, {row['cycles_per_inference']:,} cycles",
                          (row["weights"], row[key]), xytext=(4, 3), textcoords="offset points",
                          fontsize=6)  # fmt: skip
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("weights")
        axes.set_ylabel(name)
        axes.margins(0.25)
        axes.grid(alpha=0.3)
    return picture


def folding(content: Row) -> Figure:
    """Look-up tables of the solver's foldings, beside SetFolding's, over the target."""
    picture = figure(7, 3)
    axes = picture.subplots()
    ours = [row for row in content["rows"] if row["design"] == "hw_bnn"]
    for name in dict.fromkeys(row["network"] for row in ours):
        own = [row for row in ours if row["network"] == name]
        axes.plot([row["target"] for row in own], [row["ratio"] for row in own], "o-", label=name)
    axes.axhline(1, color=_LINE, linewidth=0.8)
    axes.set_xscale("log")
    axes.set_ylim(0, 1.1)
    axes.set_xlabel("target, cycles per image")
    axes.set_ylabel("look-up tables, share of SetFolding's")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, ncols=2, fontsize=6)
    return picture
