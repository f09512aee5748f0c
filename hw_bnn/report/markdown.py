# SPDX-License-Identifier: BSD-3-Clause
"""Reports as one Markdown table, as README shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Stored(Protocol):
    """Stored benchmarks."""

    def __getitem__(self, name: str, /) -> Any:
        """Return a benchmark by its name."""


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
        "| network | accuracy, source | images in FINN+'s last graph | accuracy, RTL"
        " | layer boundaries | images that differ |",
        "|---|---|---|---|---|---|",
    ]
    for report in reports:
        rows = report["bit_exact"]
        source, rtl = (_accuracy(report["accuracy"][key]) for key in ("golden", "rtl"))
        *_, graph = (row["samples"] for row in rows if row["stage"].startswith("FINN+"))
        layers = max(len(row["layers"]) for row in rows)
        differing = f"{sum(row['mismatches'] for row in rows)} in {len(rows)} comparisons"
        cells = (report["name"], source, f"{graph:,}", rtl, str(layers), differing)
        lines.append(f"| {' | '.join(cells)} |")
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


def hardware_table(stored: Stored) -> str:
    """Return what accelerators and units take beside what others do.

    Args:
        stored: benchmarks by name, and the report verify/cnv-cifar10-xc7z020.
    """
    tfc, _, loop = stored["mlp"]["rows"]
    lines = ["| | here | beside it |", "|---|---|---|"]
    lines.append(_beside("TFC at FINN's folding", _taken(tfc), f"`for` loop: {loop['lc']:,} LC"))
    other = "BNN-PYNQ: 26,072 LUT, 124 BRAM36, 24 DSP (1)"
    lines.append(_beside("CNV at FINN's folding", _taken(stored["cnv"]["rows"][-1]), other))
    run = stored["verify/cnv-cifar10-xc7z020"]
    taken = _taken(
        run["resources"]["total"] | {"cycles_per_inference": run["cycles_per_inference"]}
    )
    lines.append(_beside("CNV for the xc7z020", taken, "FINN on a ZC706: 9,130 cycles (2)"))
    units = {(r["design"], r["pe"], r["simd"], r["bits"]): r for r in stored["lanes"]["rows"]}
    for simd in (32, 64, 128):
        ours, theirs = (units[name, 32, simd, 1] for name in ("hw_bnn", "for loop"))
        title = f"one lane of a matrix unit, PE 32, SIMD {simd}"
        here = f"{ours['lc_per_lane']:.2f} LC"
        lines.append(_beside(title, here, f"`for` loop: {theirs['lc_per_lane']:.2f} LC"))
    lines += _unrolled(stored["constant"]["rows"])
    unbounded, chosen = stored["fifo"]["rows"]
    model, rtl = chosen["model_seconds"], unbounded["rtl_seconds"] + chosen["rtl_seconds"]
    here = f"{model:.0f} s by the model, {rtl:.0f} s to see it hold in RTL, on two cores"
    lines.append(_beside("FIFO sizing of CNV", here, ""))
    ratios = [row["ratio"] for row in stored["folding"]["rows"] if "ratio" in row]
    here = f"{min(ratios):.2f} to {max(ratios):.2f} of its look-up tables, by the same model"
    lines.append(_beside(f"folding solver, {len(ratios)} targets", here, "FINN+'s SetFolding"))
    return "\n".join(lines)


def _unrolled(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each network with weights as logic that da4ml solved too."""
    lines = []
    others = {row["network"]: row["lc"] for row in rows if row["design"] == "da4ml" and "lc" in row}
    for row in rows:
        if row["design"] == "as built" and row["network"] in others:
            here = f"{row['lc']:,} LC, {row['lutram']:,} LUT as memory, {row['levels']} levels"
            title = f"{row['network']} unrolled, weights as logic"
            lines.append(_beside(title, here, f"da4ml: {others[row['network']]:,} LC"))
    return lines


def _beside(title: str, here: str, other: str) -> str:
    return f"| {title} | {here} | {other} |"


def _taken(row: Mapping[str, Any]) -> str:
    return (
        f"{row['cycles_per_inference']:,} cycles, {row['lc']:,} LC, {row['lutram']:,} LUT as "
        f"memory, {row['bram36']:g} BRAM36, {row['dsp']} DSP, {row['levels']} levels"
    )
