# SPDX-License-Identifier: BSD-3-Clause
"""docs/experiment.md has every key of the configuration, and says what each means."""

from __future__ import annotations

import re

import pytest

from hw_bnn.config import ExperimentConfig
from hw_bnn.report import keys


def test_the_page_is_made_of_the_configuration(repository):
    assert keys.page() == (repository / keys.PAGE).read_text()


def test_every_section_of_an_experiment_is_there():
    first, *sections = keys.SECTIONS.values()
    assert first is ExperimentConfig
    assert set(first.model_json_schema()["$defs"]) == {section.__name__ for section in sections}


@pytest.mark.parametrize("name", keys.SECTIONS)
def test_every_key_has_values_and_a_meaning(name):
    for row in keys._rows(keys.SECTIONS[name]):
        assert row["values"], row
        assert re.fullmatch(r"[a-zA-Z0-9].*[^ ]", row["meaning"]), row


def test_what_is_allowed_is_said():
    rows = {row["key"]: row for row in keys._rows(keys.SECTIONS["train"])}
    assert rows["`optimiser`"]["values"] == "`adam`, `adamw`, `sgd`"
    assert rows["`momentum`"]["values"] == "number from 0 below 1"
    assert rows["`seed`"]["values"] == "whole number from 0 below 4,294,967,296"
    assert rows["`milestones`"]["default"] == "`[0.5, 0.75]`"
    assert rows["`initial`"]["values"] == "path"
    rows = {row["key"]: row for row in keys._rows(keys.SECTIONS["model, kind mlp"])}
    assert rows["`hidden`"]["values"] == "list of 1 or more: whole number from 1 to 8,192"
    rows = {row["key"]: row for row in keys._rows(ExperimentConfig)}
    assert list(rows) == ["`name`", "`data`", "`model`", "`train`", "`build`"]
    teacher = next(iter(keys._rows(keys.SECTIONS["train.distillation"])))
    assert (teacher["key"], teacher["default"]) == ("`teacher`", "must be given")
