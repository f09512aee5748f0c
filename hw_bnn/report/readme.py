# SPDX-License-Identifier: BSD-3-Clause
"""README's figures, made of the stored benchmarks: what stands between `<!-- NAME -->` and end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hw_bnn import files
from hw_bnn.errors import HwBnnError
from hw_bnn.report import benchmarks, markdown, shifts, studies

README = Path("README.md")
END = "\n<!-- end -->"
RUNS = ("digits-demo", "tfc-mnist-pynq-z1")
VERIFIED = (
    "tfc-1w1a-model-zoo", "cnv-1w1a-brevitas", "sfc-mnist", "lfc-mnist",
    "cnv-cifar10-finn-folding", "cnv-cifar10-xc7z020", "vgg-small-untrained",
)  # fmt: skip
TRAINED = {
    "TFC": ("training", 93.17),
    "SFC": ("training-sfc", 97.81),
    "LFC": ("training-lfc", 98.88),
}
"""Benchmark over seeds, and what Brevitas publishes for its own network in per cent."""


class _Stored:
    """Benchmarks by name."""

    def __init__(self, results: Path) -> None:
        self.results = results

    def __getitem__(self, name: str) -> Any:
        return files.read_json(self.results / f"{name}.json")

    def __contains__(self, name: str) -> bool:
        return (self.results / f"{name}.json").is_file()


def _runs(stored: _Stored) -> str:
    return markdown.result_table([stored[name] for name in RUNS])


def _trained(stored: _Stored) -> str:
    rows = [
        {"network": network, "published": f"{published}%"} | stored[name]["rows"][-1]
        for network, (name, published) in TRAINED.items()
        if name in stored
    ]
    columns: benchmarks.Columns = {
        "on MNIST": lambda row: row["network"],
        "test accuracy": lambda row: f"{100 * row['accuracy']:.2f}%, {row['seed']} seeds",
        "standard deviation, points": lambda row: f"{100 * row['deviation']:.2f}",
        "Brevitas's own, as published": lambda row: row["published"],
    }
    return benchmarks.table(rows, columns)


def _shifts(stored: _Stored) -> str:
    found = studies.stored(stored.results)
    return f"{shifts.brief(found)}\n\n{shifts.statements(found)}"


def _drawn(stored: _Stored) -> str:
    study = stored["rtl"]
    return f"{benchmarks.rtl(study)}\n\n{study['refused']['in all']} more were refused."


def _verified(stored: _Stored) -> str:
    return markdown.agreement_table(
        [stored[f"verify/{name}"] | {"name": name} for name in VERIFIED]
    )


BLOCKS: dict[str, Callable[[_Stored], str]] = {
    "runs": _runs,
    "trained": _trained,
    "hardware": markdown.hardware_table,
    "shifts": _shifts,
    "drawn": _drawn,
    "equivalence": lambda stored: markdown.equivalence_table(stored["equivalence"]),
    "verified": _verified,
}


def filled(text: str, results: Path) -> str:
    """Return README's text with its figures as stored.

    Raises:
        HwBnnError: a block is missing, stands there twice, or does not end.
    """
    for name, block in BLOCKS.items():
        start, number = f"<!-- {name} -->\n", text.count(f"<!-- {name} -->\n")
        if number != 1:
            raise HwBnnError(f"README: has {number} blocks <!-- {name} -->; must have one")
        before, after = text.split(start)
        _, end, rest = after.partition(END)
        if not end:
            raise HwBnnError(f"README: the block <!-- {name} --> has no {END.strip()} behind it")
        text = before + start + block(_Stored(results)) + end + rest
    return text


def write(results: Path, readme: Path = README) -> None:
    """Put the stored figures into README."""
    files.write_text(readme, filled(readme.read_text(), results))
