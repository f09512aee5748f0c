# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json

from hw_bnn.report.markdown import result_table

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
