# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import copy
import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from hw_bnn import bench
from hw_bnn.bench import ambiguity, comparison, equivalence
from hw_bnn.bench import study as study_module
from hw_bnn.bench.comparison import RULES, UnexpectedRefusalError, compare, rule_of
from hw_bnn.bench.networks import KINDS, draw
from hw_bnn.errors import HwBnnError
from hw_bnn.export.integer import to_integer
from hw_bnn.nn.layers import BinaryActivation

SEED = 1  # the stored study has another
DEEP = 6  # a network of six layers


def differing(result):
    return {pair: counts[2] for pair, counts in result.compared.items() if counts[2]}


@pytest.mark.parametrize("stock", [False, True], ids=["own", "torch"])
@pytest.mark.parametrize("index", range(20))
def test_a_drawn_network_gives_the_same_bits_in_every_stage(index, stock):
    result = compare(SEED, index, stock=stock)
    assert not differing(result)
    assert stock or not result.ambiguous
    if not result.refused:
        assert len(result.compared) == (5 if stock else 4)
        stages = [counts for pair, counts in result.compared.items() if "every sum" not in pair]
        assert all(boundaries >= 3 and values > 0 for boundaries, values, _ in stages)


def test_what_is_drawn_covers_the_contract():
    drawn = [draw(SEED, index, stock=False) for index in range(60)]
    found = set.union(*(set(network.traits) for network in drawn))
    layers = {f"{n} layers" for n in range(1, 7)}
    windows = {f"kernel {n}" for n in range(1, 6)} | {f"stride {n}" for n in range(1, 4)}
    levels = {f"{n}-bit activation" for n in (2, 3, 4)} | {f"{n}-bit input" for n in (1, 4, 8)}
    pads = {"padding with -1", "padding with 1", "padding with 0", "zero padding"}
    scales = {"negative scale", "zero scale", "per-channel scale", "scalar scale"}
    operations = {"batch-norm", "mean on a sum", "bias", "prelu", "rprelu", "hardtanh"}
    rest = {"negative slope", "pool before", "pool last", "shifted threshold", "several operations"}
    ends = {f"{tail} at the end" for tail in ("no norm", "scalar norm", "affine per class")}
    inputs = {f"input {kind}" for kind in KINDS}
    for part in (layers, windows, levels, pads, scales, operations, rest, ends, inputs):
        assert part <= found


def test_a_seed_draws_the_same_network_again():
    first, again = (draw(SEED, 5, stock=False) for _ in range(2))
    images = first.images(3)
    np.testing.assert_array_equal(images, again.images(3))
    with torch.inference_mode():
        outputs = [network.stages(torch.from_numpy(images)) for network in (first, again)]
    assert torch.equal(*outputs)


def test_sums_meet_thresholds():
    assert compare(SEED, DEEP, stock=False).ties > 0


@pytest.mark.parametrize(("offset", "near"), [(0.0, True), (2.0**-22, True), (2.0**-16, False)])
def test_a_threshold_is_near_a_sum_within_rounding_only(offset, near):
    """In float64; the largest sum is 1, so that near means 2**-20."""
    near_first, _ = ambiguity._near([BinaryActivation()], torch.tensor([offset, 1.0]))
    assert near_first == near


def test_a_difference_far_from_every_threshold_shows(monkeypatch):
    """Torch's table of activations is wrong at one sum."""
    sound = ambiguity.survey

    def faulty(*args):
        found = sound(*args)
        differs = found[0].differs | False
        differs[np.argwhere(~found[0].near)[0][0], np.argwhere(~found[0].near)[0][1]] = True
        return [dataclasses.replace(found[0], differs=differs), *found[1:]]

    monkeypatch.setattr(ambiguity, "survey", faulty)
    assert list(differing(compare(SEED, DEEP, stock=True)).values()) == [1]


@pytest.mark.parametrize("stock", [False, True], ids=["own", "torch"])
def test_a_fault_in_the_export_shows(monkeypatch, stock):
    """One weight of the exported file is not torch's; what follows agrees with the file."""

    def faulty(stages, shape):
        stages = copy.deepcopy(stages)
        weight = stages[1][-2 if len(stages) == 2 else 0].weight
        weight.data.view(-1)[0] = -1 if weight.data.view(-1)[0] >= 0 else 1
        return export(stages, shape)

    index = next(
        i for i in range(99) if "1 layers" in draw(SEED, int(stock), i, stock=stock).traits
    )
    export = comparison.to_qonnx
    assert not differing(compare(SEED, index, stock=stock))
    monkeypatch.setattr(comparison, "to_qonnx", faulty)
    pair = "QONNX, torch apart from sums near a threshold" if stock else "QONNX, torch"
    assert set(differing(compare(SEED, index, stock=stock))) == {pair}


def test_a_fault_in_the_thresholds_shows(monkeypatch):
    def faulty(network, kind):
        model = to_integer(network, kind)
        (node, *_) = model.get_nodes_by_op_type("MultiThreshold")[-1:]
        thresholds = model.get_initializer(node.input[1])
        model.set_initializer(node.input[1], np.full_like(thresholds, 2**20))
        return model

    monkeypatch.setattr(comparison, "to_integer", faulty)
    found = differing(compare(SEED, DEEP, stock=False))
    assert set(found) == {"integer QONNX, QONNX", "golden, QONNX"}


@pytest.mark.parametrize(
    ("stage", "pairs"),
    [
        ("golden", {"golden, QONNX", "FINN+ graph, golden"}),
        ("graph", {"FINN+ graph, golden"}),
    ],
)
def test_one_wrong_value_in_a_stage_shows(monkeypatch, stage, pairs):
    sound = getattr(comparison, f"{stage}_values")

    def faulty(*args):
        values = sound(*args)
        values[1] = np.array(values[1])
        values[1].flat[-1] += 2
        return values

    monkeypatch.setattr(comparison, f"{stage}_values", faulty)
    assert differing(compare(SEED, DEEP, stock=False)) == dict.fromkeys(pairs, 1)


def test_a_refusal_needs_a_listed_rule_and_its_cause():
    network = draw(SEED, 0, stock=False)
    assert "negative slope" not in network.traits
    for message in ("something else", "layer fc, channel 2: the activation changes direction"):
        with pytest.raises(UnexpectedRefusalError, match=message):
            rule_of(message, network)


def canned(index, **options):
    """A result as a process returns it."""
    compared = {"golden, QONNX": (3, 100, options.pop("differ", 0))}
    refused = {"refused": next(iter(RULES)), "compared": {}} if index == 1 else {"refused": ""}
    record = {"index": index, "traits": ["1 layers"], "compared": compared, "ties": 2, "near": 1}
    return record | {"ambiguous": [("/1/fc", 4, -6.0)]} | refused | options


@pytest.fixture
def study(monkeypatch):
    """The study with canned results, in this process; returns the list of what was computed."""
    computed = []

    def work(seed, stock, first, count):
        computed.append((stock, first))
        if len(computed) == study_stops[0]:
            raise KeyboardInterrupt
        return [canned(first)]

    study_stops = [0]
    monkeypatch.setattr(equivalence, "CHUNK", 1)
    monkeypatch.setattr(equivalence, "_work", work)
    monkeypatch.setattr(
        study_module, "ProcessPoolExecutor", lambda count, mp_context: ThreadPoolExecutor(1)
    )
    return computed, study_stops


def test_the_study_counts_each_population(study):
    result = bench.run("equivalence", networks=3)
    assert result["conditions"]["command"] == "hw-bnn bench equivalence --networks 3"
    assert [row["population"] for row in result["rows"]] == list(equivalence.POPULATIONS)
    for row in result["rows"]:
        assert (row["stage"], row["reference"]) == ("golden", "QONNX")
        counts = [row[key] for key in ("networks", "boundaries", "values", "mismatches")]
        assert counts == [3, 9, 300, 0]
    for name in equivalence.POPULATIONS:
        assert result["refused"][name] == {"in all": 1, next(iter(RULES)): 1}
        assert result["drawn"][name] == {"1 layers": 4}
        assert (result["ties"][name], result["near"][name]) == (6, 3)
        assert result["ambiguous"][name]["sums"] == 3
        assert "network 2, layer /1/fc, channel 4, sum -6.0" in result["ambiguous"][name]["where"]


def test_an_interrupted_study_goes_on(study, tmp_path):
    computed, stops = study
    stops[0] = 4
    with pytest.raises(KeyboardInterrupt):
        bench.run("equivalence", networks=6, kept=tmp_path / "parts")
    finished = computed[:3]
    computed.clear()
    stops[0] = 0
    bench.run("equivalence", networks=6, kept=tmp_path / "parts")
    assert not set(computed) & set(finished)
    assert not (tmp_path / "parts").exists()


def test_a_benchmark_without_networks_refuses_their_number():
    with pytest.raises(HwBnnError, match="golden takes no networks"):
        bench.run("golden", networks=3)
