# SPDX-License-Identifier: BSD-3-Clause
"""FIFO sizing beside RTL with unbounded FIFOs."""

from __future__ import annotations

import pytest

from hw_bnn import bench
from hw_bnn.build.folder import BuildFolder
from hw_bnn.dataflow import cycles
from hw_bnn.errors import HwBnnError
from tests.build.conftest import make_build

pytestmark = pytest.mark.rtl


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return make_build(tmp_path_factory.mktemp("fifo"), 3).out


def test_the_rtl_fills_unbounded_fifos_as_the_model_does(out):
    unbounded, chosen = bench.run("fifo", build=out)["rows"]
    assert (unbounded["design"], chosen["design"]) == ("unbounded", "chosen")
    assert unbounded["mismatches"] == chosen["mismatches"] == 0
    assert unbounded["cycles_per_inference"] == chosen["cycles_per_inference"] >= chosen["bound"]
    depths = BuildFolder(out).read_report()["fifo_depths"]
    assert chosen["words"] == sum(depths.values())


def test_a_model_that_is_wrong_shows(out, monkeypatch):
    sound = cycles.run_images

    def faulty(operators, depths, images):
        run = sound(operators, depths, images)
        run.fills[1] += 1
        return run

    monkeypatch.setattr(cycles, "run_images", faulty)
    assert [row["mismatches"] for row in bench.run("fifo", build=out)["rows"]] == [1, 0]


def test_it_needs_a_build():
    with pytest.raises(HwBnnError, match="fifo needs --build"):
        bench.run("fifo")
