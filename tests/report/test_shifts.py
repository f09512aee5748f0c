# SPDX-License-Identifier: BSD-3-Clause
"""Tables and sentences say what a study's comparisons say."""

from __future__ import annotations

import pytest

from hw_bnn.report import results, shifts, studies


@pytest.fixture
def study(repository):
    stored = studies.stored(repository / results.RESULTS)
    [found] = [study for study in stored if study["study"] == "mnist-sfc"]
    return found


def test_shifts_by_side(study):
    lines = shifts.whole([study]).splitlines()
    below, above, balanced = (cell.strip() for cell in lines[-1].split("|")[5:8])
    assert [part.split(":")[0] for part in below.split("<br>")] == ["-0.25", "-0.5", "-1"]
    assert [part.split(":")[0] for part in above.split("<br>")] == ["+0.25", "+0.5", "+1"]
    [entry] = [entry for entry in study["summary"] if entry["method"] == "balanced"]
    assert balanced.startswith(f"{100 * entry['difference']['mean']:+.2f}")
    assert ("†" in balanced) == (entry["verdict"] == "worse")


def test_verdicts_are_counted(study):
    shifted = {entry["method"]: entry for entry in study["summary"]}
    for name, mean, verdict in (
        ("shift -1", -0.02, "worse"),
        ("shift -0.5", 0.01, "better"),
        ("shift -0.25", 0.003, "not distinguishable"),
    ):
        shifted[name]["difference"]["mean"] = mean
        shifted[name]["verdict"] = verdict
    line = shifts.brief([study]).splitlines()[-1]
    assert "| +0.30, +1.00, -2.00 (1 of 3 better, 1 of 3 worse) |" in line
    said = shifts.statements([study])
    assert said.startswith(
        "**Where a shift is a start of the bias: 3 with t < 0, 1 told better and 1 told worse than"
        " t = 0, means -2.00 to +1.00 points, 2 above 0; 3 with t > 0, 0 told better and 0"
    )
    assert "t = -0.5 is better, +1.00†" in said
    assert "t = -1 is worse, -2.00†" in said
    assert "t = -0.25" not in said


def test_none_is_told(study):
    for entry in study["summary"]:
        if "verdict" in entry:
            entry["verdict"] = "not distinguishable"
    for pair in study["pairs"][:6]:
        pair["verdict"] = "better"
    study["pairs"][1]["verdict"] = "worse"
    said = shifts.statements([study])
    assert "none of 6 constant shifts is told from t = 0" in said
    assert "3 with t < 0, 0 told better and 0 told worse than t = 0, means +0.05 to" in said
    assert said.endswith("Beside the balanced threshold 5 of 6 are better, 1 of 6 worse.")


def test_what_could_not_be_compared_is_left_out(study):
    for entry in study["summary"][1:]:
        entry |= {"mean": None, "deviation": None, "interval": None, "layers": []}
        entry["diverged"] = study["seeds"]
        entry.pop("difference", None)
        entry.pop("verdict", None)
    study["pairs"] = []
    said = shifts.statements([study])
    assert said.startswith("**Where a shift is a start of the bias: none could be compared")
    assert said.endswith(": no shift could be compared with t = 0.")
    assert shifts.brief([study]).splitlines()[-1].endswith("|  |  |  |  |")
    assert "every run diverged" in studies.page([study])
    del study["methods"]["balanced"]
    study["summary"] = [e for e in study["summary"] if e["method"] != "balanced"]
    assert shifts.whole([study]).splitlines()[-1].count("|") == 9
