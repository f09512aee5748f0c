# SPDX-License-Identifier: BSD-3-Clause
"""docs/study-results.md is what the stored studies say."""

from __future__ import annotations

import pytest

from hw_bnn.report import results, studies
from hw_bnn.study import load_study


@pytest.fixture
def study(repository):
    stored = studies.stored(repository / results.RESULTS)
    [found] = [study for study in stored if study["study"] == "mnist-sfc"]
    return found


def test_the_page_is_made_of_the_stored_studies(repository, tmp_path):
    found = studies.stored(repository / results.RESULTS)
    assert studies.page(found) == (repository / studies.PAGE).read_text()
    studies.write(found, tmp_path / "page.md")
    drawn = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.svg"))
    assert len(drawn) == 3 * len(found)
    for path in drawn:
        assert (tmp_path / path).read_bytes() == (repository / "docs" / path).read_bytes(), path


def test_every_shipped_study_has_a_place(repository):
    shipped = {path.stem for path in (repository / "build_configs" / "studies").glob("*.yaml")}
    assert shipped == set(studies.ORDER)


def test_stored_studies_are_the_shipped_ones(repository):
    for study in studies.stored(repository / results.RESULTS):
        config = load_study(repository / "build_configs" / "studies" / f"{study['study']}.yaml")
        assert (study["seeds"], study["methods"]) == (config.seeds, config.methods)
        assert [[pair["method"], pair["against"]] for pair in study["pairs"]] == config.pairs
        assert all(row["commit"] for row in study["rows"]), study["study"]
        for section in ("data", "model", "train"):
            shipped = getattr(config.experiment(config.reference, 0), section)
            stored = type(shipped).model_validate(study["recipe"][section])  # may lack new keys
            assert stored == shipped, study["study"]


def test_diverged_runs_are_told(study):
    zero, other = study["summary"][:2]
    zero["diverged"] = [3]
    other |= {"mean": None, "deviation": None, "interval": None, "layers": []}
    del other["difference"], other["verdict"]
    text = studies.page([study])
    assert ", 1 diverged |" in text
    assert f"| {other['method']} | every run diverged |" in text
