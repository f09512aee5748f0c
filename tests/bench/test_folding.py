# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import itertools

import pytest

from hw_bnn.dataflow import engine
from hw_bnn.files import read_json


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory):
    engine.start(tmp_path_factory.mktemp("finn"))


def test_the_kept_table_has_ten_networks_and_ours_is_never_above(repository):
    rows = read_json(repository / "benchmarks" / "results" / "folding.json")["rows"]
    assert len({row["network"] for row in rows}) >= 10
    for ours, theirs in zip(rows[::2], rows[1::2], strict=True):
        assert (ours["design"], theirs["design"]) == ("hw_bnn", "SetFolding")
        assert ours["network"] == theirs["network"]
        assert ours["lut"] <= theirs["lut"]
        assert max(ours["cycles"], theirs["cycles"]) <= ours["compared_at"]


def test_set_folding_is_run_itself():
    from hw_bnn.bench.folding_networks import convolutions
    from hw_bnn.bench.set_folding import set_folding

    model = convolutions([[16, 16]], [20], size=12)
    before = model.model.SerializeToString()
    found = set_folding(model, 2000)
    assert model.model.SerializeToString() == before
    # Its rule: SIMD first, while the weights of a PE stay within 36 bits, then PE.
    assert found["XnorMVAU_rtl_1"] == {"PE": 4, "SIMD": 9 * 16 // 4}
    assert found["XnorMVAU_rtl_0"]["SIMD"] <= 36
    assert found["SlidingWindow_rtl_0"]["SIMD"] == 3
    assert set(found) == {node.name for node in model.graph.node}


def test_networks_have_the_layers_of_the_configurations(repository):
    """The shapes that the benchmark folds are those of the networks that are trained."""
    from hw_bnn.bench.folding import networks
    from hw_bnn.config import load_config
    from hw_bnn.dataflow.folding import layers

    cases = networks()
    for network, file in (
        ("CNV", "cnv-cifar10-pynq-z1"),
        ("VGG-small", "vgg-small-cifar10-zcu104"),
    ):
        config = load_config(repository / "build_configs" / f"{file}.yaml").model
        shapes = [unit.shape[1] for unit in layers(cases[network][0]()).values()]
        assert shapes == [*itertools.chain(*config.channels), *config.hidden, 10]
