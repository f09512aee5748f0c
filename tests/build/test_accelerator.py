# SPDX-License-Identifier: BSD-3-Clause
"""Drawn networks with drawn foldings, as hardware under Verilator."""

from __future__ import annotations

import numpy as np
import pytest

from hw_bnn.build import simulate
from hw_bnn.build.accelerator import Accelerator, Stalls
from hw_bnn.build.folder import BuildFolder
from hw_bnn.golden import Golden
from hw_bnn.verify import verify

pytestmark = pytest.mark.rtl
SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_stage_gives_the_same_bits(built, seed):
    case = built(seed)
    labels = np.arange(len(case.drawn.images)) % case.drawn.widths[-1]
    report = verify(case.out, case.drawn.images, labels)
    stages = {row["stage"]: row for row in report["bit_exact"]}
    assert {"integer QONNX", "golden", "RTL", "RTL with random pauses"} <= set(stages)
    assert any(name.startswith("FINN+") for name in stages)
    for name, row in stages.items():
        assert row["mismatches"] == 0, name
        assert row["samples"] > 0
    assert stages["RTL"]["samples"] == len(case.drawn.images)
    outputs = simulate(case.out, case.drawn.images, backend="golden")
    correct = int((outputs.argmax(axis=1) == labels).sum())
    for name in ("golden", "rtl"):
        assert report["accuracy"][name]["correct"] == correct


@pytest.mark.parametrize("seed", SEEDS)
def test_pace_and_latency_are_those_of_the_cycle_model(built, seed):
    report = built(seed).report
    for name in ("cycles_per_inference", "latency_cycles"):
        assert report[name] == report["cycle_model"][name]


@pytest.mark.parametrize("seed", SEEDS)
def test_pace_is_that_of_the_slowest_layer(built, seed):
    case = built(seed)
    slowest = 0
    for (inputs, outputs), values in zip(
        zip(case.drawn.widths, case.drawn.widths[1:], strict=False),
        case.report["folding"].values(),
        strict=True,
    ):
        slowest = max(slowest, inputs // values["SIMD"] * (outputs // values["PE"]))
    assert case.report["cycles_per_inference"] == slowest
    assert case.report["fps"] == pytest.approx(1e8 / slowest)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("idle", "backpressure"), [(0, 0), (0.9, 0), (0, 0.9), (0.5, 0.5)])
def test_pauses_change_cycles_and_nothing_else(built, seed, idle, backpressure):
    case = built(seed)
    golden = Golden.load(BuildFolder(case.out).integer)
    images = golden.prepare(case.drawn.images)
    bits, sums = golden.codes(images) > 0, golden.sums(images)
    accelerator = Accelerator(BuildFolder(case.out).rtl)
    run = accelerator.simulate(bits, Stalls(idle, backpressure, seed=seed))
    np.testing.assert_array_equal(run.outputs, sums)
    assert (np.diff(run.image_ends) > 0).all()
    free = accelerator.simulate(bits)
    if idle or backpressure:
        assert run.cycles > free.cycles
    else:
        assert run.cycles == free.cycles


@pytest.mark.parametrize("seed", [0, 2])
def test_simulation_returns_what_the_source_returns(built, seed):
    from hw_bnn.export.model import load_model, run_batches

    case = built(seed)
    expected = run_batches(load_model(case.model), case.drawn.images)
    for backend in ("golden", "rtl"):
        found = simulate(case.out, case.drawn.images, backend=backend)
        np.testing.assert_array_equal(found, expected)
        nothing = simulate(case.out, case.drawn.images[:0], backend=backend)
        assert nothing.shape == (0, case.drawn.widths[-1])


def test_progress_counts_every_image(built):
    case = built(0)
    golden = Golden.load(BuildFolder(case.out).integer)
    bits = golden.codes(golden.prepare(case.drawn.images)) > 0
    seen = []
    Accelerator(BuildFolder(case.out).rtl).simulate(bits, advance=seen.append)
    assert sum(seen) == len(bits)
    assert min(seen, default=0) >= 0
