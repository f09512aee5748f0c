# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import itertools

import pytest
from onnx import TensorProto, helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.infer_datatypes import InferDataTypes
from qonnx.transformation.infer_shapes import InferShapes

from hw_bnn.build.plan import operators
from hw_bnn.dataflow import engine, folding, parts
from hw_bnn.dataflow.choose_folding import FIFO_DEPTH, for_budget, for_cycles, units
from hw_bnn.dataflow.solver import Cost
from hw_bnn.errors import HwBnnError


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory):
    engine.start(tmp_path_factory.mktemp("finn"))


def streamed(model):
    """Insert converters and FIFOs of the depth that the choice counts on."""
    from hw_bnn.dataflow.transformations.insert_streams import InsertStreams, SetFifoDepths

    model = model.transform(InferShapes()).transform(InferDataTypes()).transform(InsertStreams())
    depths = {n.name: FIFO_DEPTH for n in model.graph.node if n.op_type.startswith("StreamingFIFO")}
    return model.transform(SetFifoDepths(depths))


def node(operation, source, target, name, **options):
    return helper.make_node(
        operation, source, target, name=name, domain=engine.RTL_DOMAIN, backend="fpgadataflow",
        **options,
    )  # fmt: skip


def network(channels=4, pe=1, simd=1):
    """Window of 3 x 3, matrix, pool of 2 x 2 and a second matrix, without converters."""
    nodes = [
        node("SlidingWindow_rtl", ["x"], ["a"], "window", numInputVectors=[1, 6, 6],
             NumChannels=channels, KernelDim=[3, 3], Stride=[1, 1], SIMD=1),
        node("XnorMVAU_rtl", ["a", "w", "t"], ["b"], "first", MW=9 * channels, MH=6, PE=pe,
             SIMD=simd, numInputVectors=[1, 4, 4]),
        node("StreamMaxPool_rtl", ["b"], ["c"], "pool", numInputVectors=[1, 4, 4], NumChannels=6,
             KernelDim=[2, 2], Stride=[2, 2], PE=1),
        node("XnorMVAU_rtl", ["c", "v"], ["d"], "last", MW=24, MH=5, PE=1, SIMD=1, noActivation=1,
             numInputVectors=[1]),
    ]  # fmt: skip
    ends = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 6, 6, channels]),
        helper.make_tensor_value_info("d", TensorProto.FLOAT, [1, 5]),
    ]
    model = ModelWrapper(helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:])))
    for tensor, kind in (("x", "BINARY"), ("w", "BINARY"), ("v", "BINARY"), ("t", "UINT6")):
        model.set_tensor_datatype(tensor, DataType[kind])
    return model


def measured(model, chosen):
    """Cycles of the slowest unit and cost of a folding, from a graph with streams inserted."""
    model = ModelWrapper(model.model.__deepcopy__({}))
    for item in model.graph.node:
        for key, value in chosen[item.name].items():
            getCustomOp(item).set_nodeattr(key, value)
    model = streamed(model)
    nodes = operators(model)
    cycles = max(unit.get_exp_cycles() for unit in folding.foldable(model).values())
    return Cost(
        sum(unit.lut_estimation("") for unit in nodes),
        sum(unit.bram_estimation("") for unit in nodes),
    ), cycles


@pytest.mark.parametrize("cycles", [200, 400, 2000])
def test_a_target_is_met_and_its_cost_is_that_of_the_whole_graph(cycles):
    model = network()
    chosen = for_cycles(model, cycles)
    for name, unit in folding.foldable(model).items():
        folding.check(name, unit, chosen[name])
    cost, slowest = measured(model, chosen)
    assert slowest <= cycles
    # No single other value of any attribute is cheaper and fast enough.
    for name, unit in folding.foldable(model).items():
        for key, (values, _) in folding.limits(unit).items():
            for value in values:
                other = chosen | {name: chosen[name] | {key: value}}
                other_cost, other_slowest = measured(model, other)
                assert other_slowest > cycles or other_cost >= cost


def single(operation, source, area, channels, **options):
    """A graph of one unit on an image of 1 bit."""
    item = node(operation, source, ["y"], "unit", **options)
    ends = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *area, channels]),
        helper.make_tensor_value_info("y", TensorProto.FLOAT, None),
    ]
    model = ModelWrapper(helper.make_model(helper.make_graph([item], "g", ends[:1], ends[1:])))
    for tensor in source:
        model.set_tensor_datatype(tensor, DataType["BINARY"])
    return model


WINDOW = {"NumChannels": 4, "KernelDim": [3, 3], "Stride": [1, 1], "SIMD": 1}


@pytest.mark.parametrize(
    ("model", "cycles"),
    [
        (network(), 1000),
        (single("SlidingWindow_rtl", ["x"], (30, 30), 4, numInputVectors=[1, 30, 30], **WINDOW),
         28 * 28 * 9 + 30),
        (single("XnorMVAU_rtl", ["x", "w"], (40, 40), 3, MW=3, MH=2, PE=1, SIMD=1, noActivation=1,
                numInputVectors=[1, 40, 40]), 40 * 40),
        (single("StreamMaxPool_rtl", ["x"], (40, 40), 4, numInputVectors=[1, 40, 40],
                NumChannels=4, KernelDim=[2, 2], Stride=[2, 2], PE=1), 40 * 40),
    ],
    ids=["small", "window", "matrix", "pool"],
)  # fmt: skip
def test_without_a_target_there_is_one_that_every_unit_reaches(model, cycles):
    assert measured(model, for_cycles(model))[1] <= cycles


def test_the_graph_given_is_not_touched():
    model = network(pe=2, simd=3)
    before = model.model.SerializeToString()
    for_cycles(model, 300)
    assert model.model.SerializeToString() == before


def test_a_larger_budget_is_never_slower_and_is_kept():
    model, last = network(), None
    for tables in (300, 400, 600, 1200):
        limit = Cost(tables, 4)
        cost, slowest = measured(model, for_budget(model, limit))
        assert cost.lut <= limit.lut
        assert cost.bram18 <= limit.bram18
        assert last is None or slowest <= last
        last = slowest
    assert last == min_cycles(model)


def min_cycles(model):
    """The slowest of the units, each as fast as it can be."""
    return max(min(choice.cycles for choice in unit) for unit in units(model).choices)


def test_what_cannot_be_had_is_refused_in_one_line():
    model = network()
    with pytest.raises(HwBnnError, match=r"layer \w+ needs \d+ cycles.*target is 10; lower"):
        for_cycles(model, 10)
    most = int(2e8 / min_cycles(model))
    with pytest.raises(HwBnnError, match=rf"rate: at most {most} images/s at 200 MHz$"):
        for_cycles(model, 10, 5.0)
    with pytest.raises(HwBnnError, match=r"no folding fits into 20 look-up tables.*larger part"):
        for_budget(model, Cost(20, 10))


def test_a_share_of_a_part():
    assert parts.budget("xc7z020clg400-1", 0.8) == Cost(42_560, 224)
    assert parts.budget("XCZU3EG-sbva484-1-e", 1.0) == Cost(70_560, 432)
    with pytest.raises(HwBnnError, match=r"part xc7a35t.*not known.*xc7z020.*target_fps"):
        parts.budget("xc7a35ticsg324-1L", 0.8)


def test_boards_of_families_with_open_synthesis_have_a_size():
    from hw_bnn.config import known_boards
    from hw_bnn.tools.yosys import part_family

    for part in known_boards().values():
        try:
            part_family(part)
        except HwBnnError:
            continue
        assert parts.budget(part, 1.0).lut > 10_000


def test_parts_of_one_name_do_not_shadow_each_other():
    for one, other in itertools.permutations(parts.SIZES, 2):
        assert not one.startswith(other)
