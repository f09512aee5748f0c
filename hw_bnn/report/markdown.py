# SPDX-License-Identifier: BSD-3-Clause
"""Reports as one Markdown table, as README shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def result_table(reports: Sequence[Mapping[str, Any]]) -> str:
    """Return one line per report: accuracy, agreement, pace, resources."""
    lines = [
        "| experiment | accuracy, trained | accuracy, hardware | images that differ | "
        "cycles per image | images/s at clock | LC | LUT | FF | LUT as memory | BRAM36 |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(_cells(report)) + " |" for report in reports]
    return "\n".join(lines)


def equivalence_table(study: Mapping[str, Any]) -> str:
    """Return one line per population and pair of stages of `hw-bnn bench equivalence`."""
    lines = [
        "| norms | compared | networks | boundaries | values | that differ |",
        "|---|---|---|---|---|---|",
    ]
    for row in study["rows"]:
        counts = (f"{row[key]:,}" for key in ("networks", "boundaries", "values", "mismatches"))
        pair = f"{row['stage']} with {row['reference']}"
        lines.append(f"| {row['population']} | {pair} | {' | '.join(counts)} |")
    return "\n".join(lines)


def agreement_table(reports: Sequence[Mapping[str, Any]]) -> str:
    """Return one line per verified build: images of each kind of stage, accuracies, agreement."""
    lines = [
        "| network | accuracy, source | accuracy, RTL | layer boundaries | images that differ |",
        "|---|---|---|---|---|",
    ]
    for report in reports:
        rows = report["bit_exact"]
        accuracies = (_accuracy(report["accuracy"][key]) for key in ("golden", "rtl"))
        layers = max(len(row["layers"]) for row in rows)
        differing = f"{sum(row['mismatches'] for row in rows)} in {len(rows)} comparisons"
        lines.append(f"| {report['name']} | {' | '.join(accuracies)} | {layers} | {differing} |")
    return "\n".join(lines)


def _cells(report: Mapping[str, Any]) -> list[str]:
    used = report["resources"]["total"]
    rows = report["bit_exact"]
    differing = sum(row["mismatches"] for row in rows)
    rate = f"{report['fps']:,.0f} at {report['clock_mhz']:g} MHz"
    resources = (f"{used[key]:,g}" for key in ("lc", "lut", "ff", "lutram", "bram36"))
    return [
        report["name"],
        *(_accuracy(report["accuracy"][key]) for key in ("trained", "rtl")),
        f"{differing} in {len(rows)} comparisons",
        f"{report['cycles_per_inference']:g}",
        rate,
        *resources,
    ]


def _accuracy(entry: Mapping[str, Any]) -> str:
    return f"{100 * entry['accuracy']:.2f}% of {entry['images']:,}"
