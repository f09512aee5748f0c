# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from hw_bnn import cli
from hw_bnn.cli import sweep


def test_a_bad_search_is_one_line(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "data: {name: digits}\nbuild: {board: Pynq-Z1}\nsearch: {train.lr: {low: 1, high: 2}}\n"
    )
    with pytest.raises(SystemExit) as stop:
        cli.main(["sweep", str(path), "--out", str(tmp_path / "out")])
    assert stop.value.code == 2
    err = capfd.readouterr().err
    assert err.startswith(f"error: {path}: search.train.lr: train.lr is not a key of train: must")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_table_has_the_best_first_and_the_failed_last() -> None:
    rows = [
        {"number": 0, "state": "fail", "values": {"train.a": 0.5}, "validation_accuracy": None},
        {"number": 1, "state": "complete", "values": {"train.a": 1e-3}, "validation_accuracy": 0.4},
        {"number": 2, "state": "complete", "values": {"train.a": 2}, "validation_accuracy": 0.75},
    ]
    console = Console(width=100)
    with console.capture() as seen:
        console.print(sweep._shown({"name": "s", "trials": rows}))
    lines = seen.get().splitlines()
    found = [line.split() for line in lines if "fail" in line or "complete" in line]
    assert [[word for word in line if word[0].isalnum()] for line in found] == [
        ["2", "complete", "2", "75.00"],
        ["1", "complete", "0.001", "40.00"],
        ["0", "fail", "0.5"],
    ]
