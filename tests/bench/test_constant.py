# SPDX-License-Identifier: BSD-3-Clause
"""Benchmark of constant layers: designs simulated in Verilator, synthesis left out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hw_bnn.bench import constant as bench
from hw_bnn.bench import constant_da4ml
from hw_bnn.bench.constant_designs import drawn, expected
from hw_bnn.bench.counting import FIGURES
from hw_bnn.codegen.constant import ConstantLayer
from hw_bnn.errors import HwBnnError
from hw_bnn.progress import SILENT

COUNTS = dict.fromkeys(FIGURES, 10)


@pytest.fixture
def small(monkeypatch):
    """A case that takes seconds; every design counts as 10 cells, another one as 40."""

    def counts(texts, top, *, mapper):
        return COUNTS | ({"lc": 40} if "other.sv" in texts else {})

    def missing(layers, stages):
        raise HwBnnError("da4ml 0.6.0 is not to be had: no network")

    def other(layers, stages):
        design = bench._generated(layers, stages)
        return dataclasses.replace(design, files=design.files | {"other.sv": "// other\n"})

    monkeypatch.setitem(bench._MAKERS, "other", other)
    designs = "generated", "as built", "other", "da4ml"
    monkeypatch.setattr(bench, "CASES", (((20, 4), 0, designs),))
    monkeypatch.setattr(bench, "VECTORS", 100)
    monkeypatch.setattr(bench, "counted", counts)
    monkeypatch.setattr(constant_da4ml, "solve", missing)


@pytest.mark.rtl
def test_rows(small):
    ours, built, loop, other = rows = bench.constant(SILENT)
    assert [row["design"] for row in rows] == ["generated", "as built", "other", "da4ml"]
    assert {row["network"] for row in rows} == {"20-4"}
    assert ours["stages"] == 0 < built["stages"]
    for row in (ours, built, loop):
        assert (row["values"], row["mismatches"]) == (400, 0)
    assert (ours["lc_per_synapse"], loop["lc_per_synapse"]) == (0.125, 0.5)
    for row in (ours, built):  # with 10 look-up tables as shift registers on both sides
        assert row["baselines"] == [{"baseline": "other", "ratio": 0.4, "ratio_of_sites": 1.0}]
    assert other["unavailable"] == "da4ml 0.6.0 is not to be had: no network"


@pytest.mark.rtl
def test_a_wrong_design_is_found(small, monkeypatch):
    made = bench._generated

    def wrong(layers, stages):
        other = ConstantLayer(layers[0].weights, layers[0].thresholds + np.eye(1, 4, 2, int)[0])
        return made([other], stages)

    monkeypatch.setitem(bench._MAKERS, "generated", wrong)
    with pytest.raises(HwBnnError, match=r"20-4 generated: \d+ of 400 result bits differ"):
        bench.constant(SILENT)


def test_drawn_networks_end_in_sums_and_depend_on_their_inputs():
    layers = drawn((30, 20, 10))
    assert [layer.weights.shape for layer in layers] == [(30, 20), (20, 10)]
    assert layers[0].thresholds is not None
    assert layers[1].thresholds is None
    inputs = np.random.default_rng(0).random((500, 30)) < 0.5
    first = expected(layers[:1], inputs)
    assert (first.any(axis=0) & ~first.all(axis=0)).sum() >= 18
    popcounts = expected(layers, inputs).reshape(500, 10, 5) @ (1 << np.arange(5))
    agree = first[:, :, None] == layers[1].weights
    assert (popcounts == agree.sum(axis=1)).all()
