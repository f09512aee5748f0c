# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest

from hw_bnn.dataflow import engine
from hw_bnn.dataflow.resources import COEFFICIENTS, converter, fifo, matrix_unit


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory):
    engine.start(tmp_path_factory.mktemp("finn"))


def test_every_operator_gives_finn_its_estimate():
    from qonnx.custom_op.registry import getCustomOp

    from hw_bnn.bench.resource_points import graph, points

    operators = {}
    for operation, attributes in points():
        operator = operators[operation] = getCustomOp(graph(operation, attributes).graph.node[0])
        estimate = operator.node_res_estimation("xc7z020clg400-1")
        own = operator.resources()
        assert (estimate["LUT"], estimate["BRAM_18K"]) == (own.lut, own.bram18)
        assert own.lc >= 0
        assert own.lut == round(own.lc) + own.lutram
        assert {module for module, _ in own.counts()} <= set(COEFFICIENTS)
    assert len(operators) == 9


def test_equal_widths_need_no_converter():
    assert converter(24, 24).lut == 0
    assert converter(24, 12).lut > 0


@pytest.mark.parametrize("depth", [2, 16, 64, 500, 4000])
def test_a_wider_fifo_takes_no_less(depth):
    one, other = fifo(8, depth), fifo(64, depth)
    assert one.lut + 512 * one.bram18 < other.lut + 512 * other.bram18


@pytest.mark.parametrize(  # by yosys 0.70
    ("width", "depth", "luts"),
    [(16, 64, 48), (8, 65, 42), (12, 100, 83), (8, 128, 67), (8, 129, 62), (16, 129, 102)],
)
def test_a_word_lies_in_front_of_a_ring_of_more_than_64(width, depth, luts):
    assert fifo(width, depth).lut == pytest.approx(luts, rel=0.08)


def test_twice_the_elements_take_about_twice_the_logic():
    one, other = matrix_unit(1152, 128, 8, 32, 1, 1), matrix_unit(1152, 128, 16, 32, 1, 1)
    assert 1.7 < other.lc / one.lc < 2.2
    # The accumulators are shared by more lanes.
    wide = matrix_unit(1152, 128, 8, 64, 1, 1)
    assert one.lc < wide.lc < other.lc


def test_weights_need_the_same_bits_however_they_are_folded():
    """576 x 64 weights are 2 block RAMs of 18 Kbit at least; wide words need more."""
    narrow, wide = matrix_unit(576, 64, 1, 8, 1, 1), matrix_unit(576, 64, 16, 32, 1, 1)
    assert narrow.bram18 >= 2
    assert wide.bram18 == -(-16 * 32 // 36)
