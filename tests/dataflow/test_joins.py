# SPDX-License-Identifier: BSD-3-Clause
"""Nodes that split and join streams: values, hardware, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper
from qonnx.custom_op.registry import getCustomOp

from hw_bnn.codegen.verilog import stitched, wrapper
from hw_bnn.dataflow import engine
from hw_bnn.dataflow.engine import RTL_DOMAIN
from hw_bnn.errors import HwBnnError
from hw_bnn.rtl import FOLDER, sources
from hw_bnn.tools.verilator import lint


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory):
    engine.start(tmp_path_factory.mktemp("finn"))


def operator(kind, inputs, outputs, **attributes):
    return getCustomOp(
        helper.make_node(
            kind, inputs, outputs, name="node", domain=RTL_DOMAIN, backend="fpgadataflow",
            **attributes,
        )
    )  # fmt: skip


def fork():
    return operator(
        "DuplicateStreams_hwbnn", ["x"], ["a", "b", "c"], NumChannels=12, PE=3,
        NumOutputStreams=3, inputDataType="UINT2", numInputVectors=[1, 4, 4],
    )  # fmt: skip


def add(lhs="UINT3", rhs="UINT5", out="UINT6", rhs_shape=(1, 4, 4, 6)):
    return operator(
        "ElementwiseAdd_hwbnn", ["a", "b"], ["y"], lhs_dtype=lhs, rhs_dtype=rhs, out_dtype=out,
        lhs_shape=[1, 4, 4, 6], rhs_shape=list(rhs_shape), out_shape=[1, 4, 4, 6], PE=3,
    )  # fmt: skip


def test_a_fork_gives_each_consumer_all():
    node, x = fork(), np.arange(192, dtype=np.float32).reshape(1, 4, 4, 12)
    context = {"x": x}
    node.execute_node(context, None)
    assert all((context[name] == x).all() for name in "abc")
    np.testing.assert_array_equal(node.output_times(np.arange(64)), np.arange(64) + 1)


def test_sums_are_those_of_numpy():
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 2**bits, (1, 4, 4, 6)).astype(np.float32) for bits in (3, 5))
    context = {"a": a, "b": b}
    add().execute_node(context, None)
    np.testing.assert_array_equal(context["y"], a + b)
    np.testing.assert_array_equal(add().output_times(np.arange(32)), np.arange(32) + 1)


@pytest.mark.rtl
@pytest.mark.parametrize(("make", "streams"), [(fork, (1, 3)), (add, (2, 1))])
def test_every_stream_has_ports_of_whole_bytes(make, streams, tmp_path):
    unit = make().unit(None)
    text = wrapper(unit)
    (tmp_path / "node.v").write_text(text)
    lint([tmp_path / "node.v", *sources()], "node", FOLDER)
    for side, count in zip(("in", "out"), streams, strict=True):
        assert f"{side}{count - 1}_V_TDATA" in text
        assert f"{side}{count}_V_TDATA" not in text


@pytest.mark.parametrize("make", [fork, add])
def test_only_chains_are_stitched(make):
    with pytest.raises(HwBnnError, match=r"node node: stream_.* splits or joins streams"):
        stitched("top", [make().unit(None)])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rhs": "INT5"}, "both must be unsigned"),
        ({"out": "UINT5"}, "has type UINT5; must be UINT6"),
        ({"rhs_shape": (1, 1, 1, 6)}, "streams of one shape"),
    ],
)
def test_sums_without_hardware_are_refused(changed, message):
    with pytest.raises(HwBnnError, match=message):
        add(**changed).unit(None)
