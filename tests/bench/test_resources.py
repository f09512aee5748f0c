# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np

from hw_bnn.bench.resource_points import graph, points
from hw_bnn.bench.resources import fit
from hw_bnn.dataflow.resources import Resources


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

    units = [_unit(*point) for point in points()]
    texts = {(unit.module, str(unit.parameters)) for unit in units}
    assert len(texts) == len(units)
    assert graph(*next(points())).graph.node[0].op_type == "XnorMVAU_rtl"
