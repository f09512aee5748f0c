# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest

from hw_bnn import bench
from hw_bnn.bench import golden
from hw_bnn.errors import HwBnnError
from hw_bnn.export.model import run_batches
from hw_bnn.golden import Golden


def test_an_unknown_benchmark_is_refused_with_those_there_are():
    with pytest.raises(HwBnnError, match=r"no benchmark 'speed'; there are .*golden"):
        bench.run("speed")


@pytest.fixture(scope="module")
def result():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(golden, "REPEATS", 2)
        return bench.run("golden")


def test_every_figure_stands_beside_its_baseline(result):
    rows = result["rows"]
    best = {(row["design"], row["batch"]): row["best"] for row in rows}
    assert set(best) == {(d, b) for d in ("qonnx", "golden") for b in (1, 1000)}
    ratios = []
    for row in rows:
        assert 0 < row["worst"] <= row["median"] <= row["best"]
        if row["design"] == "golden":
            batch = int(row["baseline"].rsplit(" ", 1)[1])
            assert row["ratio"] == pytest.approx(row["best"] / best["qonnx", batch], rel=0.03)
            ratios.append((row["batch"], batch))
    assert ratios == [(1, 1), (1000, 1000), (1000, 1)]


def test_conditions_say_how_to_measure_again(result):
    assert result["benchmark"] == "golden"
    assert result["conditions"]["command"] == "hw-bnn bench golden"
    assert result["conditions"]["cores"] >= 1
    assert {"hw-bnn", "qonnx", "numpy"} <= set(result["conditions"]["versions"])


def test_both_executors_compute_the_same():
    """Otherwise the ratio would compare different work."""
    source, integer = golden._network()
    executor = Golden(integer)
    pixels = np.random.default_rng(0).integers(0, 256, (40, *executor.input_shape))
    images = pixels.astype(np.float32) / np.float32(255)
    outputs = executor.run(images)
    np.testing.assert_array_equal(outputs, run_batches(source, images))
    assert len(np.unique(outputs, axis=0)) > 1
