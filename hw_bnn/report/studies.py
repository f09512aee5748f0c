# SPDX-License-Identifier: BSD-3-Clause
"""docs/study-results.md: every stored study with tables and pictures, and what its shifts did."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median

from hw_bnn import files
from hw_bnn.report import shifts
from hw_bnn.report.benchmarks import Columns, table
from hw_bnn.report.shifts import Row, Study

FOLDER, PAGE = "studies", Path("docs/study-results.md")
ORDER = (
    "mnist-sfc-shifts", "fashion-mnist-sfc-shifts",
    "mnist-sfc", "fashion-mnist-sfc", "mnist-cnv-small", "fashion-mnist-cnv-small",
    "cifar10-cnv-reduced", "cifar10-resnet-small",
)  # fmt: skip

HEAD = """\
# What the studies show

Made by `python -m hw_bnn.report.results` from the files in
[benchmarks/results/studies](../benchmarks/results/studies), which `hw-bnn study` wrote. How they
are made, and what intervals and verdicts mean: [studies.md](studies.md); what the methods are:
[training.md](training.md#network). Accuracies are of the whole test split after short recipes, with
the standard deviation over seeds. Differences are paired by seed, in percentage points of accuracy,
with their 95% interval; a dagger marks one that Holm's procedure over its study's comparisons tells
from zero.

## Shifts of the threshold

Mean differences to t = 0 of each constant shift and of the balanced threshold. In networks without
shortcuts a constant shift is the same as another start of the norm's bias
([why](studies.md#what-a-shift-is-in-these-networks)); only in those with shortcuts it is the
mechanism of the papers. In SFC t and -t mirror each other; the CNV take the largest of four sums
before the norm, so there they do not. The balanced threshold lies just below the median, and values
that equal it become +1: where an image has a background, a layer can be far from balanced (shares
of +1 stand in the tables below). The last column is the mean difference of a shift to t = 0
from which it is told from none, as the clearest of its study's comparisons, for the median of the
shifts' own deviations; a true difference of that size is found in somewhat more than half of all
such studies:
"""


def stored(results: Path) -> list[Study]:
    """Return the stored studies, in order."""
    paths = (results / FOLDER / f"{name}.json" for name in ORDER)
    return [files.read_json(path) for path in paths if path.is_file()]


def page(studies: Iterable[Study]) -> str:
    """Return the text of the page."""
    found = list(studies)
    parts = [HEAD, f"{shifts.whole(found)}\n", f"{shifts.statements(found)}\n"]
    return "\n".join(parts + [_section(study) for study in found])


def write(studies: Iterable[Study], target: Path = PAGE) -> None:
    """Write the page and its pictures."""
    from hw_bnn.study import pictures

    found = list(studies)
    for study in found:
        pictures.write(study, target.parent / "results" / study["study"])
    files.write_text(target, page(found))


def _section(study: Study) -> str:
    """Return a study's own section."""
    name, recipe = study["study"], study["recipe"]["train"]
    columns: Columns = {
        "method": lambda entry: entry["method"],
        "accuracy ± deviation": shifts.accuracy,
        "difference (95% interval)": shifts.difference,
        "p by Holm": _p,
        "verdict": lambda entry: entry.get("verdict"),
        "share of +1 by layer": lambda entry: _layers(entry, "share_of_plus_one"),
        "entropy by layer, bit": lambda entry: _layers(entry, "entropy"),
    }
    made = study["conditions"]
    commits = ", ".join(commit or "unknown" for commit in made["commits"]["trained"])
    folder = f"results/{name}"
    return f"""\
## {name}

[Its file](../build_configs/studies/{name}.yaml): {recipe["epochs"]} epochs, batches of \
{recipe["batch_size"]}, learning rate {recipe["learning_rate"]:g}, \
{len(study["methods"])} methods, {len(study["seeds"])} seeds{_seconds(study)}.

![Accuracy of every run]({folder}/accuracy.svg)

{table(study["summary"], columns)}

{_pairs(study)}{study["caution"] or "One comparison"}.

![Share of +1 and entropy]({folder}/shares.svg)

![What the activations see]({folder}/distributions.svg)

`{made["command"]}`, trained at {commits}, on {made["device"]}, torch {made["versions"]["torch"]}.
"""


def _seconds(study: Study) -> str:
    """Return the median seconds of a run; those of before it was kept have none."""
    known = [row["seconds"] for row in study["rows"] if row.get("seconds") is not None]
    return f", {median(known):.0f} s for a run (median)" if known else ""


def _pairs(study: Study) -> str:
    """Return the comparisons that are not with the baseline."""
    columns: Columns = {
        "compared": lambda pair: f"{pair['method']} with {pair['against']}",
        "difference (95% interval)": shifts.difference,
        "p by Holm": _p,
        "verdict": lambda pair: pair.get("verdict"),
    }
    return f"{table(study['pairs'], columns)}\n\n" if study["pairs"] else ""


def _p(compared: Row) -> str | None:
    return f"{compared['difference']['p_holm']:.2g}" if "difference" in compared else None


def _layers(entry: Row, key: str) -> str:
    return " ".join(f"{layer[key]:.2f}" for layer in entry["layers"])
