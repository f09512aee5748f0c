# SPDX-License-Identifier: BSD-3-Clause
"""FIFO depths from the chain's model: they keep the pace, and none could be shorter."""

from __future__ import annotations

import pytest

from hw_bnn.dataflow import engine
from hw_bnn.dataflow.chain import UNBOUNDED
from tests.dataflow.test_folding import graph


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory):
    engine.start(tmp_path_factory.mktemp("finn"))


def chain(widths, foldings):
    """Matrix units of these widths and foldings, with FIFOs between them."""
    from qonnx.custom_op.registry import getCustomOp
    from qonnx.transformation.infer_datatypes import InferDataTypes

    from hw_bnn.build.plan import operators
    from hw_bnn.dataflow.transformations.insert_streams import InsertStreams

    model = graph(*widths)
    for node, (pe, simd) in zip(model.graph.node, foldings, strict=True):
        getCustomOp(node).set_nodeattr("PE", pe)
        getCustomOp(node).set_nodeattr("SIMD", simd)
    for index, width in enumerate(widths):
        model.set_tensor_shape(f"x{index}", [1, width])
    return operators(model.transform(InferDataTypes()).transform(InsertStreams()))


CASES = [
    ((16, 12, 9), [(1, 4), (3, 2)]),
    ((40, 8, 32, 6), [(8, 2), (2, 1), (1, 8)]),  # slow and fast units in turns
    ((64, 64, 8), [(1, 8), (1, 1)]),  # gives a word now and then, takes all at once
]


@pytest.mark.parametrize(("widths", "foldings"), CASES, ids=str)
def test_depths_keep_the_pace_and_none_could_be_shorter(widths, foldings):
    from hw_bnn.dataflow.cycles import IMAGES, run_images
    from hw_bnn.dataflow.fifo_depths import SMALLEST, fifo_depths

    operators = chain(widths, foldings)
    depths = list(fifo_depths(operators).values())
    slowest = max(operator.get_exp_cycles() for operator in operators)
    assert run_images(operators, [UNBOUNDED] * len(depths), IMAGES).pace == slowest
    assert run_images(operators, depths, IMAGES).pace == slowest
    for index, depth in enumerate(depths):
        if depth > SMALLEST:
            shorter = [*depths[:index], depth - 1, *depths[index + 1 :]]
            assert run_images(operators, shorter, IMAGES).pace > slowest


def test_some_need_more_than_the_least():
    from hw_bnn.dataflow.fifo_depths import SMALLEST, fifo_depths

    depths = [fifo_depths(chain(*case)).values() for case in CASES]
    assert any(depth > SMALLEST for found in depths for depth in found)
