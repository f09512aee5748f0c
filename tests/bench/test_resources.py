# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json

import numpy as np
import pytest

from hw_bnn.bench.resource_points import graph, points
from hw_bnn.bench.resource_units import NETWORKS, built
from hw_bnn.bench.resources import errors, fit
from hw_bnn.dataflow.resources import COEFFICIENTS, Resources


def test_a_fit_finds_the_coefficients_that_made_the_figures():
    rng = np.random.default_rng(0)
    estimates, figures = [], []
    for _ in range(30):
        inner = Resources("inner", {"a": int(rng.integers(1, 50)), "b": int(rng.integers(1, 9))})
        outer = Resources("outer", {"c": int(rng.integers(1, 30))}, parts=(inner,) * 2)
        estimates += [inner, outer]
        own = 2.5 * inner.terms["a"] + 4 * inner.terms["b"]
        figures += [own, 2 * own + 0.25 * outer.terms["c"]]
    assert fit(estimates, figures) == {"inner": {"a": 2.5, "b": 4.0}, "outer": {"c": 0.25}}


def test_a_term_that_wants_to_be_negative_is_left_out():
    estimates = [Resources("m", {"unit": 1, "bits": bits}) for bits in (1, 2, 3, 4)]
    found = fit(estimates, [1, 3, 5, 7])["m"]
    assert found["unit"] == 0
    assert found["bits"] > 0


def test_points_are_operators_that_can_be_made_and_differ():
    from hw_bnn.bench.resources import _unit

    units = [_unit(*point) for held_out in (False, True) for point in points(held_out=held_out)]
    texts = {(unit.module, str(unit.parameters), *unit.sources.values()) for unit in units}
    assert len(texts) == len(units)
    assert graph(*next(points())).graph.node[0].op_type == "XnorMVAU_rtl"


def test_errors_of_fitted_and_held_out_rows_stand_apart():
    def row(points, lc, lutram, estimated_lc):
        return {
            "design": "m", "points": points, "lc": lc, "lutram": lutram, "bram36": 1.5,
            "estimated_lc": estimated_lc, "estimated_lutram": 8, "estimated_bram36": 1.0,
        }  # fmt: skip

    found = errors([row("fitted", 92, 8, 102), row("fitted", 42, 8, 62), row("held out", 16, 4, 8)])
    assert found == [
        {"design": "m", "points": "fitted", "rows": 2, "median": 0.25, "largest": 0.4,
         "sum": 0.2, "lutram": 0, "bram36": 0.5},
        {"design": "m", "points": "held out", "rows": 1, "median": 0.2, "largest": 0.2,
         "sum": -0.2, "lutram": 4, "bram36": 0.5},
    ]  # fmt: skip


@pytest.mark.parametrize("network", NETWORKS)
def test_units_of_built_networks_have_the_memories_that_yosys_found(
    network, repository, monkeypatch
):
    monkeypatch.chdir(repository)
    units = built(network)
    assert {estimate.module for _, estimate, _ in units} >= {"xnor_mvau", "stream_fifo"}
    for name, estimate, figures in units:
        assert estimate.bram18 / 2 == figures["bram36"], name
        if estimate.module != "constant_unit":  # shift registers of its pipeline
            assert estimate.lutram == figures["lutram"], name


def test_the_coefficients_are_those_of_the_stored_fit(repository):
    stored = json.loads((repository / "benchmarks/results/resources.json").read_text())
    assert stored["coefficients"] == COEFFICIENTS
