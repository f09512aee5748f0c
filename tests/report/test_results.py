# SPDX-License-Identifier: BSD-3-Clause
"""docs/results.md is what the stored benchmarks say."""

from __future__ import annotations

import json
import shutil

import pytest

from hw_bnn.report import results


def test_the_page_is_made_of_the_stored_benchmarks(repository):
    page = results.page(repository / results.RESULTS)
    assert page == (repository / results.PAGE).read_text()


def test_another_figure_gives_another_page(repository, tmp_path):
    stored = repository / results.RESULTS
    copied = shutil.copytree(stored, tmp_path / "results")
    content = json.loads((copied / "lanes.json").read_text())
    content["rows"][0]["lc_per_lane"] = 987.6
    (copied / "lanes.json").write_text(json.dumps(content))
    assert results.page(copied) != results.page(stored)
    results.write(copied, tmp_path / "docs" / "results.md")
    assert "987.6" in (tmp_path / "docs" / "results.md").read_text()
    pictures = {path.stem for path in (tmp_path / "docs" / "results").glob("*.svg")}
    assert pictures == {section.file for section in results.stored(copied) if section.plot}


@pytest.mark.parametrize("section", results.SECTIONS, ids=lambda section: section.file)
def test_nothing_stored_differs(repository, section):
    path = repository / results.RESULTS / f"{section.file}.json"
    if not path.is_file():
        pytest.skip("not stored yet")
    content = json.loads(path.read_text())
    rows = content["rows"] if "rows" in content else content["bit_exact"]
    assert rows
    assert not any(row.get("mismatches") for row in rows)
    assert content.get("conditions", content)["commit"]
