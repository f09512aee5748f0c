# SPDX-License-Identifier: BSD-3-Clause
"""README's figures are those of the stored benchmarks."""

from __future__ import annotations

import json
import shutil

import pytest

from hw_bnn.errors import HwBnnError
from hw_bnn.report import readme, results


def test_the_readme_shows_the_stored_results(repository):
    text = (repository / "README.md").read_text()
    assert readme.filled(text, repository / results.RESULTS) == text


@pytest.mark.parametrize("name", ["digits-demo", "training", "lanes", "rtl", "equivalence"])
def test_another_figure_gives_another_readme(repository, tmp_path, name):
    copied = shutil.copytree(repository / results.RESULTS, tmp_path / "results")
    path = copied / f"{name}.json"
    path.write_text(path.read_text().replace("0", "7"))
    text = (repository / "README.md").read_text()
    assert readme.filled(text, copied) != text


def test_a_block_that_is_missing_is_named(repository):
    text = (repository / "README.md").read_text().replace("<!-- drawn -->", "")
    with pytest.raises(HwBnnError, match="has 0 blocks <!-- drawn -->; must have one"):
        readme.filled(text, repository / results.RESULTS)


def test_a_block_without_an_end_is_refused(repository):
    text = (repository / "README.md").read_text().replace("<!-- end -->", "")
    with pytest.raises(HwBnnError, match="the block <!-- runs --> has no <!-- end --> behind it"):
        readme.filled(text, repository / results.RESULTS)


def test_every_verified_network_is_shown_and_none_differs(repository):
    folder = repository / results.RESULTS / "verify"
    assert {path.stem for path in folder.glob("*.json")} == set(readme.VERIFIED)
    for path in folder.glob("*.json"):
        rows = json.loads(path.read_text())["bit_exact"]
        assert rows
        assert not any(row["mismatches"] for row in rows)


def test_the_readme_tells_of_sums_near_a_threshold(repository):
    study = json.loads((repository / results.RESULTS / "equivalence.json").read_text())
    text = " ".join((repository / "README.md").read_text().split())
    assert not any(row["mismatches"] for row in study["rows"])
    refused = sum(counts["in all"] for counts in study["refused"].values())
    ambiguous = study["ambiguous"]["torch's BatchNorm"]
    assert study["ambiguous"]["own layers"]["sums"] == 0
    assert f"{refused} more were refused" in text
    assert f"{ambiguous['sums']} such sums in {ambiguous['networks']} networks" in text
