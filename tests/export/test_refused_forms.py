# SPDX-License-Identifier: BSD-3-Clause
"""What cannot be exact is refused: padding and pools, types, ranges, batches."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, numpy_helper
from qonnx.core.modelwrapper import ModelWrapper

from hw_bnn.errors import HwBnnError
from hw_bnn.export.exactness import require_exact_sums
from hw_bnn.export.levels import Levels
from hw_bnn.export.network import Layer
from tests.export.refusing import RNG, binary_layer, head, refuse, refuse_graph
from tests.networks import Graph, signs


def convolution(g, outputs, inputs, kernel=3):
    g.add("Conv", signs(RNG, outputs, inputs, kernel, kernel), kernel_shape=[kernel, kernel])


def frame(g, **names):
    g.add("Pad", np.array([0, 0, 1, 0, 0, 0, 1, 0]), np.float32(1), **names)


@pytest.mark.parametrize("move", ["Transpose", "Flatten"])
@pytest.mark.parametrize("where", ["head", "chain"])
def test_padding_that_is_moved(tmp_path, move, where):
    g = Graph((2, 6, 6), 13)
    g.binarise()
    if where == "chain":
        convolution(g, 2, 2)
        g.binarise()
    frame(g, name="frame")
    if move == "Transpose":
        g.add("Transpose", perm=[0, 1, 3, 2], name="turn")
        convolution(g, 3, 2)
    else:
        g.add("Flatten", name="turn")
        binary_layer(g, 96 if where == "head" else 48, 3)
    pattern = r"node frame: Pad" if where == "head" else rf"node turn: {move} after .*frame"
    refuse_graph(g, tmp_path, pattern)


@pytest.mark.parametrize("options", [{"ceil_mode": 1}, {"pads": [1, 1, 1, 1]}])
@pytest.mark.parametrize("last", [False, True])
def test_a_pool_beyond_the_border(tmp_path, options, last):
    g = Graph((2, 9, 9), 13)
    g.binarise()
    convolution(g, 3, 2)
    g.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2], name="largest", **options)
    if not last:
        g.binarise()
        convolution(g, 3, 3, 1)
    refuse_graph(g, tmp_path, r"node largest: MaxPool with padding or ceil_mode")


def test_a_pool_after_the_last_layer(tmp_path):
    g = Graph((2, 6, 6), 13)
    g.binarise()
    convolution(g, 3, 2)
    g.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    refuse_graph(g, tmp_path, r"MaxPool or Pad after the last layer")


def test_sums_that_float32_cannot_hold():
    """A threshold may be one step beyond the largest sum."""
    model, pixels = ModelWrapper(head().proto()), Levels(0, 255, 1, 1.0)
    layers = [Layer("wide", np.ones((1, n), dtype=np.int8), 1.0, None, ()) for n in (65793, 65794)]
    require_exact_sums(model, layers[0], pixels)
    with pytest.raises(HwBnnError, match=r"layer wide: .*up to 16777470.*2\^24.*use fewer inputs"):
        require_exact_sums(model, layers[1], pixels)
    deep = Layer("deep", np.ones((1, 2**24 - 1), dtype=np.int8), 1.0, None, ())
    with pytest.raises(HwBnnError, match=r"layer deep: .*2\^24"):
        require_exact_sums(model, deep, Levels(-1, 1, 2, 1.0))


@pytest.mark.parametrize(
    ("element", "text"), [(TensorProto.DOUBLE, "double"), (TensorProto.FLOAT16, "float16")]
)
def test_an_input_of_another_type(tmp_path, element, text):
    g = head()
    binary_layer(g, 6, 3)
    model = g.proto()
    model.graph.input[0].type.tensor_type.elem_type = element
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    refuse(tmp_path / "model.onnx", rf"input image is {text}; export the model in float32")


def test_a_cast_and_an_operand_of_another_type(tmp_path):
    g = head()
    binary_layer(g, 6, 3)
    g.constants.append(numpy_helper.from_array(np.ones(3), "double"))
    g.add("Add", "double", name="offset")
    refuse_graph(g, tmp_path, r"node offset: an operand of Add is float64; export .*float32")
    g = head()
    g.add("Cast", to=TensorProto.FLOAT16, name="narrow")
    binary_layer(g, 6, 3)
    refuse_graph(g, tmp_path, r"node narrow: Cast to float16 is not supported: .*remove")


@pytest.mark.parametrize("where", ["weights", "activation"])
def test_a_quantiser_that_nobody_can_execute(tmp_path, where):
    g = head()
    operands = [np.float32(1), np.float32(0), np.float32(2)]
    options = {"signed": 1, "narrow": 0, "rounding_mode": "SIDEWAYS", "name": "odd"}
    if where == "weights":
        names = [g.constant(value) for value in (signs(RNG, 6, 3), *operands)]
        g.add("MatMul", g.plain("Quant", names, **options))
    else:
        binary_layer(g, 6, 4)
        g.add("Quant", *operands, **options)
        binary_layer(g, 4, 3)
    refuse_graph(g, tmp_path, r"node odd: Quant cannot be executed .*SIDEWAYS.*express")


@pytest.mark.parametrize("powers", [(100, -100), (126, -140), (100, 100), (-140, -140)])
def test_levels_that_overflow(tmp_path, powers):
    g = head()
    binary_layer(g, 6, 2, "fc1")
    g.binarise()
    g.add("Mul", np.array([2.0**power for power in powers], dtype=np.float32))
    binary_layer(g, 2, 3)
    refuse_graph(g, tmp_path, r"after layer fc1 takes the levels .*use a quantiser")


LOSERS = {
    "Squeeze": ([], {}),
    "Reshape": ([np.array([4])], {}),
    "Flatten": ([], {"axis": 0}),
    "Transpose": ([], {"perm": [1, 0, 2, 3]}),
    "Unsqueeze": ([np.array([0])], {}),
}


@pytest.mark.parametrize("op_type", sorted(LOSERS))
def test_a_batch_that_does_not_survive(tmp_path, op_type):
    operands, options = LOSERS[op_type]
    g = Graph((2, 3, 3), 13)
    g.binarise()
    convolution(g, 4, 2)
    g.add(op_type, *operands, name="last", **options)
    refuse_graph(g, tmp_path, rf"node last: {op_type} .*batch must stay the first axis; use")


def test_padding_around_padding(tmp_path):
    g = Graph((2, 6, 6), 13)
    g.add("Quant", np.float32(1), np.float32(0), np.float32(2), signed=0, narrow=0)
    frame(g, name="frame")
    g.add("Conv", signs(RNG, 3, 2, 3, 3), pads=[1, 1, 1, 1], name="features")
    pattern = r"layer features: zero padding .* around the padding frame .*one value"
    refuse_graph(g, tmp_path, pattern)
