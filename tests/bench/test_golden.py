# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest

from hw_bnn import bench
from hw_bnn.bench import golden
from hw_bnn.errors import HwBnnError
from hw_bnn.export.model import run_batches


def test_an_unknown_benchmark_is_refused_with_those_there_are():
    with pytest.raises(HwBnnError, match=r"no benchmark 'speed'; there are .*golden"):
        bench.run("speed")


@pytest.fixture(scope="module")
def result():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(golden, "ROUNDS", 1)
        patch.setattr(golden, "SECONDS", 0)
        return bench.run("golden")


def test_every_figure_stands_beside_its_baselines(result):
    rows = result["rows"]
    medians = {(row["network"], row["design"], row["batch"]): row["median"] for row in rows}
    assert set(medians) == {
        *(("TFC", design, batch) for design in ("qonnx", "golden") for batch in (1, 1000)),
        *(("CNV_1W1A", "qonnx", batch) for batch in (1, 100)),
        *(("CNV_1W1A", "golden", batch) for batch in (1, 100, 10_000)),
    }
    for row in rows:
        assert 0 < row["worst"] <= row["median"] <= row["best"]
        assert row["seconds"] == pytest.approx(row["batch"] / row["median"], rel=0.002)
        if row["design"] == "golden":
            batch = int(row["baseline"].rsplit(" ", 1)[1])
            expected = row["median"] / medians[row["network"], "qonnx", batch]
            assert row["ratio"] == pytest.approx(expected, rel=0.002)
    assert len(rows) == 4 + 2 * (2 + 3)


def test_conditions_say_how_to_measure_again(result):
    assert result["benchmark"] == "golden"
    assert result["conditions"]["command"] == "hw-bnn bench golden"
    assert result["conditions"]["cores"] >= 1
    assert {"hw-bnn", "qonnx", "numpy"} <= set(result["conditions"]["versions"])


@pytest.mark.parametrize("export", [golden._tfc, golden._cnv])
def test_both_executors_compute_the_same(export):
    """Otherwise the ratio would compare different work."""
    source, executor = golden._prepared(export)
    pixels = np.random.default_rng(0).integers(0, 256, (20, *executor.input_shape))
    images = executor.prepare(pixels.astype(np.uint8))
    outputs = executor.run(images)
    np.testing.assert_array_equal(outputs, run_batches(source, images))
    assert len(np.unique(outputs, axis=0)) > 1
