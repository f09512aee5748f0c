# SPDX-License-Identifier: BSD-3-Clause
"""report.html: what report.json of a build or run says, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hw_bnn import files
from hw_bnn.errors import HwBnnError
from hw_bnn.report import benchmarks, document, plots
from hw_bnn.report.svg import drawn
from hw_bnn.report.table import CAPTION, Report, mismatch, short, shortened, text
from hw_bnn.tools.netlist import MOST_LEVELS
from hw_bnn.verify.picture import svg

FILE = "report.html"
_UNIT_COLUMNS = {
    "lc": "LC", "lut": "LUT", "ff": "FF", "lutram": "LUT as memory", "bram36": "BRAM36",
    "levels": "levels",
}  # fmt: skip
_STAGES = {"rtl": "RTL", "golden": "golden executor", "qonnx": "QONNX", "trained": "trained model"}


def write(folder: Path) -> None:
    """Write report.html of a build folder from its report.json and, of a run, its training."""
    report = files.read_json(folder / "report.json")
    files.write_text(folder / FILE, page(report, _metrics(folder / "train" / "metrics.json")))


def page(report: Report, training: Any) -> str:
    """Return the page; what a report lacks is left out.

    Args:
        report: of a build or run, as in report.json.
        training: metrics.json of the training, {} without one. The page says so if it is damaged.
    """
    name = str(report.get("name", "accelerator"))
    made = " · ".join(text(report[key]) for key in ("board", "part", "commit") if report.get(key))
    return document.document(
        name,
        [
            document.paragraph(made, "from"),
            document.tiles(_figures(report)),
            document.paragraph(CAPTION, "note"),
            document.section("The same bits at every step", *_agreement(report)),
            document.section("Units", *_units(report)),
            document.section("Share of the part", _shares(report)),
            document.section("Training", _training(training)),
            document.section("How it was made", *_origin(report)),
        ],
    )


def _figures(report: Report) -> Iterator[tuple[str, str, str]]:
    """Yield the key figures."""
    accuracy = report.get("accuracy", {})
    stages = [stage for stage in _STAGES if stage in accuracy]
    if stages:
        stage = max(stages, key=lambda stage: accuracy[stage]["images"])
        found = accuracy[stage]
        share = f"{100 * found['accuracy']:.2f}%"
        yield share, f"of {found['images']:,} images right, {_STAGES[stage]}", ""
    compared = report.get("bit_exact", ())
    if compared:
        wrong = sum(row["mismatches"] > 0 and not row.get("ties") for row in compared)
        yield f"{wrong} of {len(compared)}", "comparisons differ", "bad" if wrong else "good"
    for key, name in (
        ("cycles_per_inference", "cycles per image"),
        ("latency_cycles", "cycles of latency"),
        ("fps", f"images/s at {text(report.get('clock_mhz'))} MHz"),
    ):
        if report.get(key) is not None:
            yield text(report[key]), name, ""
    total = report.get("resources", {}).get("total", {})
    for key in ("lc", "lutram", "bram36", "dsp"):
        if key in total:
            yield text(total[key]), _UNIT_COLUMNS.get(key, key.upper()), ""
    if "levels" in total:
        many = total["levels"] > MOST_LEVELS
        yield text(total["levels"]), "levels of logic", "bad" if many else ""


def _agreement(report: Report) -> Iterator[str]:
    """Yield the picture of all comparisons, what differs, and accuracies."""
    rows = report.get("bit_exact", ())
    if rows:
        yield document.paragraph(
            "Stages of the flow across, layers down: the same images went through every stage, and "
            "all values behind every layer were compared with the stage that it is to equal."
        )
        yield svg(rows)
    failed = mismatch(report)
    if failed:
        yield document.paragraph(failed)
    for line in report.get("skipped", ()):
        yield document.paragraph(f"Skipped: {line}", "note")
    if report.get("ambiguous"):
        count = len(report["ambiguous"])
        yield document.paragraph(
            f"At {count} sums torch and ONNX runtime round to different sides of a threshold; the "
            "hardware does as the QONNX file. report.json lists them.",
            "note",
        )
    yield document.table(
        ("stage", "accuracy", "right", "images"),
        [
            (
                _STAGES.get(stage, stage),
                f"{100 * e['accuracy']:.2f}%",
                text(e["correct"]),
                text(e["images"]),
            )
            for stage, e in report.get("accuracy", {}).items()
        ],
    )


def _units(report: Report) -> Iterator[str]:
    """Yield a line per unit: in the order of the stream, if they were synthesised."""
    folding, depths = report.get("folding", {}), report.get("fifo_depths", {})
    used = report.get("resources", {}).get("layers", {})
    layers = report.get("layers", {})
    cycles = report.get("estimates", {}).get("layer_cycles", {})
    names = list(dict.fromkeys([*used, *folding, *depths]))
    slowest = max([1, *cycles.values()])
    largest = max([1, *(cells["lc"] for cells in used.values())])
    rows = []
    for name in names:
        cells, fold, source = used.get(name, {}), folding.get(name, {}), layers.get(name, {})
        matrix = f"{text(source['inputs'])} x {text(source['outputs'])}" if source else ""
        rows.append((
            short(name), str(source.get("source", "")), matrix,
            *(text(fold.get(key)) for key in ("PE", "SIMD")), text(depths.get(name)),
            text(cycles.get(name)), document.bar(cycles[name] / slowest) if name in cycles else "",
            document.bar(cells["lc"] / largest) if cells else "",
            *(text(cells.get(key)) for key in _UNIT_COLUMNS),
        ))  # fmt: skip
    yield document.table(
        ("unit", "layer", "inputs x outputs", "PE", "SIMD", "FIFO's words", "cycles", "",
         "", *_UNIT_COLUMNS.values()),
        rows,
        text=(0, 1),
        html=(7, 8),
        minor=[index for index, name in enumerate(names) if name in depths],
    )  # fmt: skip
    if rows:
        largest_too = ", LC beside the largest unit's" if used else ""
        yield document.paragraph(
            f"Bars: cycles beside the slowest unit's{largest_too}. {shortened(names) or ''}", "note"
        )


def _shares(report: Report) -> str:
    """Return which share of the part is taken, if its size is known."""
    if not report.get("resources") or "part" not in report:
        return ""
    try:
        taken = benchmarks.taken_of(report)
    except (HwBnnError, KeyError):  # another part, or a report of before a count was made
        return ""
    rows = [
        (name, text(count), text(of), f"{count / of:.0%}", document.bar(count / of))
        for name, count, of in taken
    ]
    return document.table(("count", "taken", "of the part's", "share", ""), rows, html=(4,))


def _metrics(path: Path) -> Any:
    """Return what a training wrote; {} if there is none, None if it cannot be read."""
    try:
        return files.read_json(path) if path.is_file() else {}
    except HwBnnError:
        return None


def _training(training: Any) -> str:
    """Return the course of the training, or that it cannot be read."""
    try:
        return _course(training) if training != {} else ""
    except (LookupError, TypeError, ValueError):
        return document.paragraph(
            "train/metrics.json is damaged: delete it, and train again to write it anew.", "note"
        )


def _course(training: Mapping[str, Any]) -> str:
    picture = drawn(lambda: plots.training(training)).decode()
    untouched = " The test split chose nothing." if "test" in training else ""
    said = document.paragraph(
        f"{training['train_images']:,} training images, {training['validation_images']:,} held "
        f"out; the weights are those of epoch {training['chosen_epoch']} of "
        f"{len(training['epochs'])}.{untouched}",
        "note",
    )
    return picture[picture.index("<svg") :] + said


def _origin(report: Report) -> Iterator[str]:
    """Yield seconds of stages, versions and digests."""
    seconds = report.get("seconds", {})
    yield document.table(("stage", "seconds"), [(k, text(v)) for k, v in seconds.items()])
    model = report.get("model", {})
    facts = {
        "source": model.get("source"), "digest of the source": model.get("digest"),
        "digest of the RTL": report.get("digest"), "commit of hw_bnn": report.get("commit"),
        **report.get("versions", {}),
    }  # fmt: skip
    rows = [(name, str(value)) for name, value in facts.items() if value]
    yield document.table(("what", "which"), rows, text=(0, 1))
