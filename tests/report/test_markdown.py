# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json

from hw_bnn.report.benchmarks import rtl
from hw_bnn.report.markdown import agreement_table, equivalence_table, hardware_table, result_table

REPORTS = ("digits-demo", "tfc-mnist-pynq-z1")


def test_the_readme_shows_the_stored_results(repository):
    """Every figure of README's table comes from a report in benchmarks/results/."""
    folder = repository / "benchmarks" / "results"
    reports = [json.loads((folder / f"{name}.json").read_text()) for name in REPORTS]
    assert result_table(reports) in (repository / "README.md").read_text()


def test_the_readme_shows_the_accuracy_over_seeds(repository):
    rows = json.loads((repository / "benchmarks" / "results" / "training.json").read_text())["rows"]
    mean = rows[-1]
    text = (
        f"{100 * mean['accuracy']:.2f}% with a standard deviation of {100 * mean['deviation']:.2f}"
    )
    assert text in " ".join((repository / "README.md").read_text().split())


VERIFIED = (
    "tfc-1w1a-model-zoo", "cnv-1w1a-brevitas", "sfc-mnist", "lfc-mnist",
    "cnv-cifar10-finn-folding", "cnv-cifar10-xc7z020", "vgg-small-untrained",
)  # fmt: skip


def test_the_readme_shows_the_networks_that_were_verified(repository):
    folder = repository / "benchmarks" / "results" / "verify"
    assert {path.stem for path in folder.glob("*.json")} == set(VERIFIED)
    reports = [json.loads((folder / f"{name}.json").read_text()) for name in VERIFIED]
    assert not any(row["mismatches"] for report in reports for row in report["bit_exact"])
    named = [report | {"name": name} for report, name in zip(reports, VERIFIED, strict=True)]
    assert agreement_table(named) in (repository / "README.md").read_text()


def test_the_readme_shows_the_study_of_drawn_networks(repository):
    study = json.loads((repository / "benchmarks" / "results" / "equivalence.json").read_text())
    readme = (repository / "README.md").read_text()
    assert equivalence_table(study) in readme
    assert not any(row["mismatches"] for row in study["rows"])
    refused = sum(counts["in all"] for counts in study["refused"].values())
    ambiguous = study["ambiguous"]["torch's BatchNorm"]
    assert study["ambiguous"]["own layers"]["sums"] == 0
    told = f"{refused} more were refused"
    assert told in " ".join(readme.split())
    told = f"{ambiguous['sums']} such sums in {ambiguous['networks']} networks"
    assert told in " ".join(readme.split())


def test_the_readme_shows_the_hardware(repository):
    folder = repository / "benchmarks" / "results"
    names = ("mlp", "cnv", "lanes", "constant", "fifo", "verify/cnv-cifar10-xc7z020")
    paths = {name: folder / f"{name}.json" for name in names}
    stored = {name: json.loads(p.read_text()) for name, p in paths.items() if p.is_file()}
    assert hardware_table(stored) in (repository / "README.md").read_text()
    unbounded, chosen = stored["fifo"]["rows"]
    other = {**stored, "fifo": {"rows": [unbounded, chosen | {"model_seconds": 9876.0}]}}
    assert hardware_table(other) not in (repository / "README.md").read_text()


def test_the_readme_shows_drawn_networks_through_rtl(repository):
    study = json.loads((repository / "benchmarks" / "results" / "rtl.json").read_text())
    assert not study["failed"]
    assert rtl(study) in (repository / "README.md").read_text()
