# SPDX-License-Identifier: BSD-3-Clause
"""Benchmark of network sizes: one tiny network, built, counted and simulated."""

from __future__ import annotations

import numpy as np
import pytest

from hw_bnn.bench import size as bench
from hw_bnn.config_model import ModelConfig
from hw_bnn.dataflow.parts import budget
from hw_bnn.files import read_json
from hw_bnn.golden import Golden
from hw_bnn.progress import SILENT
from hw_bnn.tools.netlist import MOST_LEVELS

pytestmark = pytest.mark.rtl


@pytest.fixture
def tiny(monkeypatch):
    case = ModelConfig(hidden=[8]), (1, 4, 4), 40
    monkeypatch.setattr(bench, "cases", lambda: {"tiny": case})
    monkeypatch.setattr(bench, "GOLDEN_IMAGES", 30)


def test_rows(tiny, tmp_path, monkeypatch):
    (row,) = bench.size(SILENT, tmp_path)
    assert row["network"] == "tiny"
    assert row["weights"] == 16 * 8 + 8 * 10
    assert row["cycles_per_inference"] <= row["target"] == 40
    assert row["lc"] > 0
    assert row["mismatches"] == 0
    monkeypatch.setattr(bench, "_row", lambda *_: pytest.fail("was done already"))
    assert bench.size(SILENT, tmp_path) == [row]


def test_wrong_sums_are_counted(tiny, tmp_path, monkeypatch):
    sums = Golden.sums
    monkeypatch.setattr(Golden, "sums", lambda self, x: sums(self, x) + np.eye(len(x), 10, 3, int))
    (row,) = bench.size(SILENT, tmp_path)
    assert row["mismatches"] == 7


@pytest.mark.parametrize("name", ["size", "mlp", "cnv", "lanes", "resources"])
def test_no_kept_design_has_a_longer_path_than_meant(repository, name):
    rows = read_json(repository / "benchmarks" / "results" / f"{name}.json")["rows"]
    # Of CNV's flat run docs/results.md tells; constants are measured without a build's registers.
    others = ("for loop", "flattened", "constant_unit")
    levels = [r["levels"] for r in rows if "levels" in r and r.get("design") not in others]
    assert min(levels) > 0
    assert max(levels) <= MOST_LEVELS


def test_the_kept_cnv_for_the_xc7z020_fits_as_the_documents_say(repository):
    path = repository / "benchmarks" / "results" / "verify" / "cnv-cifar10-xc7z020.json"
    report = read_json(path)
    taken, allowed = report["resources"]["total"], budget(report["part"], 0.8)
    assert taken["lc"] + taken["lutram"] <= allowed.lut
    assert 2 * taken["bram36"] <= allowed.bram18
    assert 0 < taken["levels"] <= MOST_LEVELS
    assert 0 < report["cycles_per_inference"] <= 9130
