# SPDX-License-Identifier: BSD-3-Clause
"""Progress where there is no terminal."""

from __future__ import annotations

import re

import pytest

from hw_bnn.cli import progress


@pytest.mark.parametrize(("quiet", "units"), [(0.0, ["(1/3)", "(2/3)"]), (1e9, [])])
def test_units_of_a_step_are_lines_but_not_too_many(monkeypatch, capsys, quiet, units):
    monkeypatch.setattr(progress, "_QUIET", quiet)
    with progress.RichProgress() as shown, shown.step("synthesis", 3) as advance:
        for _ in range(3):
            advance()
    *lines, last = capsys.readouterr().err.splitlines()
    assert lines == [f"synthesis {unit}" for unit in units]
    assert re.fullmatch(r"synthesis: \d+\.\d s", last)
