# SPDX-License-Identifier: BSD-3-Clause
"""Stored benchmarks as Markdown tables; a figure stands in no table that is not in its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from hw_bnn.dataflow.parts import budget

Row = Mapping[str, Any]
Columns = dict[str, Callable[[Row], Any]]

RESOURCES = {
    "LC": "lc", "LUT": "lut", "LUT sites, paired": "sites", "INV": "inv", "FF": "ff",
    "CARRY4": "carry", "LUT as memory": "lutram", "BRAM36": "bram36", "DSP": "dsp",
    "levels": "levels",
}  # fmt: skip


def table(rows: Iterable[Row], columns: Columns) -> str:
    """Return one line per row; a column is a heading and what it takes from a row."""
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    lines += [f"| {' | '.join(text(cell(row)) for cell in columns.values())} |" for row in rows]
    return "\n".join(lines)


def text(value: Any) -> str:
    """Return a cell: thousands separated, nothing for what is missing."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def take(**keys: str) -> Columns:
    """Return columns by heading and key; an underscore in a heading stands for a space."""
    return {
        heading.replace("_", " "): lambda row, key=key: row.get(key)  # type: ignore[misc]
        for heading, key in keys.items()
    }


def _resources() -> Columns:
    return take(**RESOURCES)


def accelerators(content: Row) -> str:
    """Whole accelerators: resources, pace, simulations."""
    rows = [row for row in content["rows"] if "words" not in row]  # these are units
    return table(
        rows,
        take(experiment="experiment", design="design")
        | take(cycles_per_image="cycles_per_inference")
        | _resources()
        | take(images_in_RTL="rtl_images", images_in_netlist="netlist_images")
        | take(mismatches="mismatches"),
    )


def run(report: Row) -> str:
    """A run's report, like `accelerators`."""
    row = report["resources"]["total"] | {
        "experiment": report["name"],
        "cycles_per_inference": report["cycles_per_inference"],
        "mismatches": sum(entry["mismatches"] for entry in report["bit_exact"]),
    }
    (row["rtl_images"],) = (e["samples"] for e in report["bit_exact"] if e["stage"] == "RTL")
    return accelerators({"rows": [row]})


def run_shares(report: Row) -> str:
    """A run's report: which share of the part it takes, by each count."""
    rows = [
        {"count": count, "taken": n, "of": of, "share": f"{n / of:.0%}"}
        for count, n, of in taken_of(report)
    ]
    return table(
        rows,
        take(count="count", taken="taken") | {f"of {report['part']}": lambda row: row["of"]}
        | take(share="share"),
    )  # fmt: skip


def taken_of(report: Row) -> list[tuple[str, float, int]]:
    """Return what a run takes and what its part has, by each count.

    Raises:
        HwBnnError: for a part whose size is not known.
    """
    taken, whole = report["resources"]["total"], budget(report["part"], 1.0)
    counts = [(name, taken[RESOURCES[name]]) for name in ("LC", "LUT", "LUT sites, paired")]
    memory = taken[RESOURCES["LUT as memory"]]
    rows = [(f"{name}, and LUT as memory", n + memory, int(whole.lut)) for name, n in counts]
    return [*rows, ("BRAM36", taken[RESOURCES["BRAM36"]], int(whole.bram18) // 2)]


def run_units(report: Row) -> str:
    """Units of a run's report, like `units`."""
    layers = report["resources"]["layers"].items()
    return _units([{"design": unit} | figures for unit, figures in layers])


def units(content: Row) -> str:
    """Units of an accelerator with their netlists: resources, words compared."""
    return _units([row for row in content["rows"] if "words" in row])


def _units(rows: Sequence[Row]) -> str:
    """Units, the larger first."""
    return table(
        sorted(rows, key=lambda row: (-row["lc"], row["design"])),
        take(unit="design") | _resources() | take(words_in_netlist="words")
        | take(mismatches="mismatches"),
    )  # fmt: skip


def lanes(content: Row) -> str:
    """Matrix unit: cells per lane beside those of the loop."""
    return table(
        _beside(content["rows"], ("pe", "simd", "bits")),
        take(PE="pe", SIMD="simd", activation_bits="bits", lanes="lanes")
        | take(LC_per_lane="lc_per_lane")
        | {
            "LC per lane of the `for` loop": lambda row: row["other"]["lc_per_lane"],
            "paired sites, share of LC": lambda row: f"{100 * row['sites'] / row['lc']:.0f}%",
        }
        | _resources(),
    )


def _beside(rows: Sequence[Row], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Join each row of hw_bnn with the other design's row of the same keys, as `other`."""
    others = {tuple(row[key] for key in keys): row for row in rows if row["design"] != "hw_bnn"}
    return [
        {**row, "other": others[tuple(row[key] for key in keys)]}
        for row in rows
        if row["design"] == "hw_bnn"
    ]


def constant(content: Row) -> str:
    """Layers with constant weights, beside da4ml."""

    def ratio(row: Row) -> str | None:
        found = [b["ratio"] for b in row.get("baselines", ()) if b["baseline"] == "da4ml"]
        return f"{found[0]:.2f}" if found else None

    return table(
        content["rows"],
        take(network="network", design="design", LC="lc", LC_per_synapse="lc_per_synapse")
        | {"to da4ml": ratio}
        | {key: value for key, value in _resources().items() if key != "LC"}
        | take(processor_seconds_to_generate="generate_cpu_seconds", seconds_of_yosys="seconds")
        | take(results_compared="values", wrong="mismatches"),
    )


def fifo(content: Row) -> str:
    """FIFO sizing of a build."""
    return table(
        content["rows"],
        take(FIFOs="design", cycles_per_image="cycles_per_inference", model="model")
        | take(bound_of_the_slowest_unit="bound", words="words", bits="bits")
        | take(seconds_of_the_choice="model_seconds", seconds_of_RTL="rtl_seconds")
        | take(differences_from_the_model="mismatches"),
    )


def folding(content: Row) -> str:
    """Solver beside SetFolding: a line per network."""
    names = list(dict.fromkeys(row["network"] for row in content["rows"]))
    rows = []
    for title, among in [*((name, [name]) for name in names), ("all", names)]:
        found = [row for row in content["rows"] if row["network"] in among]
        designs = ("hw_bnn", "SetFolding")
        memories = {d: sum(r["bram36"] for r in found if r["design"] == d) for d in designs}
        ratios = [row["ratio"] for row in found if row["design"] == "hw_bnn"]
        rows.append({"network": title, "ratios": ratios} | memories)
    columns: Columns = {
        "network": lambda row: row["network"],
        "targets": lambda row: len(row["ratios"]),
        "LUT to SetFolding's, least": lambda row: f"{min(row['ratios']):.2f}",
        "median": lambda row: f"{median(row['ratios']):.2f}",
        "most": lambda row: f"{max(row['ratios']):.2f}",
        "BRAM36 of all targets": lambda row: row["hw_bnn"],
        "SetFolding's": lambda row: row["SetFolding"],
    }
    return table(rows, columns)


def operators(content: Row) -> str:
    """Stream operators, each beside FINN+'s."""
    return table(
        content["rows"],
        take(operator="operator", design="design", cycles_per_image="cycles") | _resources(),
    )


def rtl(content: Row) -> str:
    """Drawn networks in RTL."""

    def cycles(row: Row) -> int | None:
        return row["other_latency"] + row["other_pace"] if "other_pace" in row else None

    return table(
        content["rows"],
        take(simulated="stage", networks="networks", boundaries="boundaries", values="values")
        | take(that_differ="mismatches", deadlocks="deadlocks", errors="errors")
        | {"latency or pace that is not the model's": cycles},
    )


def resources(content: Row) -> str:
    """Errors of the resource models."""
    return table(
        content["errors"],
        take(module="design", points="points", number="rows", median_error="median")
        | take(largest_error="largest", error_of_the_sum="sum")
        | take(LUT_as_memory_off_by="lutram", BRAM36_off_by="bram36"),
    )


def size(content: Row) -> str:
    """Networks of growing size."""
    return table(
        content["rows"],
        take(network="network", weights="weights", cycles_per_image="cycles_per_inference")
        | _resources()
        | take(RTL_cycles_per_second="cycles_per_second")
        | take(RTL_images_per_second="rtl_images_per_second")
        | take(golden_images_per_second="golden_images_per_second", wrong_sums="mismatches"),
    )


def steps(content: Row) -> str:
    """Training steps, ours with the ratios to the others."""

    def ratio(row: Row, name: str) -> str | None:
        found = [b["ratio"] for b in row.get("baselines", ()) if b["baseline"] == name]
        return f"{found[0]:.2f}" if found else None

    return table(
        content["rows"],
        take(network="network", design="design", batch="batch")
        | {f"{key}, ms": lambda row, key=key: 1000 * row[key] for key in ("best", "worst")}
        | {"median, ms": lambda row: 1000 * row["seconds"]}
        | {f"to {name}": lambda row, name=name: ratio(row, name) for name in ("Brevitas", "float")},
    )


def training(content: Row) -> str:
    """Accuracy of every seed, and the mean with its deviation."""
    return table(
        content["rows"],
        take(experiment="design", seed="seed")
        | {
            "accuracy": lambda row: f"{100 * row['accuracy']:.2f}% of {row['images']:,}",
            "standard deviation, points": lambda row: (
                f"{100 * row['deviation']:.2f}" if "deviation" in row else None
            ),
        },
    )


def costs(content: Row) -> str:
    """Whole trainings, extrapolated from steps."""
    return table(
        content["rows"],
        take(recipe="recipe", batch="batch")
        | {"a step, s": lambda row: row["step_cpu_seconds"]}
        | {"an image, ms": lambda row: 1000 * row["image_cpu_seconds"]}
        | take(images_of_an_epoch="images", epochs="epochs", core_hours="core_hours"),
    )


def epochs(content: Row) -> str:
    """First epochs of recipes."""
    return table(
        content["rows"],
        take(recipe="recipe")
        | {"epochs": lambda row: f"{row['epochs']} of {row['of_epochs']}"}
        | take(images="images", loss="loss")
        | {"held-out images right": lambda row: f"{100 * row['accuracy']:.2f}%"}
        | {"minutes of an epoch": lambda row: f"{row['seconds'] / 60:.0f}"}
        | take(images_per_second="images_per_second"),
    )


def proofs(content: Row) -> str:
    """Every module with its proofs, and the faults that these find."""
    faults = [
        fault | {"module": row["module"], "where": ", ".join(fault.get("violated", []))}
        for row in content["rows"]
        for fault in row.get("faults", [])
    ]
    found = {
        "planted faults found": lambda row: (
            f"{sum(f['found'] is not None for f in row['faults'])} of {len(row['faults'])}"
            if row.get("faults")
            else None
        )
    }
    proved = table(
        content["rows"],
        take(module="module", property="property", parameters="parameters", method="method")
        | take(seconds="seconds", result="result")
        | found,
    )
    planted = table(
        faults,
        take(module="module", planted_fault="fault")
        | {"found by": lambda row: row["found"] or "nothing"}
        | take(where="where", seconds="seconds"),
    )
    return f"{proved}\n\n{planted}"
