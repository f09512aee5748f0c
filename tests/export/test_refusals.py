# SPDX-License-Identifier: BSD-3-Clause
"""What cannot be exact is refused: operations, levels, weights, topologies."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import to_integer
from hw_bnn.export.model import load_model, run_batches
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from tests.export.refusing import RNG, binary_layer, head, refuse_graph
from tests.networks import Graph, signs


def test_softmax_at_the_end(tmp_path):
    g = head()
    binary_layer(g, 6, 4)
    g.add("Softmax", axis=1, name="probabilities")
    refuse_graph(g, tmp_path, r"node probabilities: operation Softmax.*remove it")


def test_lstm(tmp_path):
    g = Graph((2, 3), 13)
    g.binarise()
    g.add("LSTM", signs(RNG, 1, 8, 3), signs(RNG, 1, 8, 2), hidden_size=2, name="memory")
    refuse_graph(g, tmp_path, r"node memory: .*LSTM")


def test_operation_of_an_unknown_domain(tmp_path):
    g = head()
    g.add("Sparkle", name="magic", domain="com.example")
    binary_layer(g, 6, 3)
    refuse_graph(g, tmp_path, r"magic.*Sparkle|Sparkle.*magic")


def test_float_activations(tmp_path):
    g = head()
    binary_layer(g, 6, 4, "fc1")
    g.add("Mul", np.float32(0.3))
    g.add("Relu")
    binary_layer(g, 4, 3)
    refuse_graph(g, tmp_path, r"layer fc1 takes the levels 0, 0\.6.*not multiples.*quantiser")


def test_no_activation_between_layers(tmp_path):
    g = head()
    g.matmul(signs(RNG, 6, 4), name="fc1")
    g.add("Add", RNG.normal(size=4).astype(np.float32))
    binary_layer(g, 4, 3)
    refuse_graph(g, tmp_path, r"layer fc1 takes .* levels .*float activations.*quantiser")


@pytest.mark.parametrize("kind", ["float", "uint8/255"])
def test_float_input(tmp_path, kind):
    g = Graph((6,), 13)
    binary_layer(g, 6, 3, "fc1")
    refuse_graph(g, tmp_path, r"(first layer's input|layer fc1)", kind)


@pytest.mark.parametrize("kind", ["uint8", "uint8/255"])
def test_input_that_flips_twice(tmp_path, kind):
    g = Graph((6,), 13)
    g.add("Sub", np.float32(0.5 if kind == "uint8/255" else 100))
    g.add("Abs")
    g.add("Sub", np.float32(0.25 if kind == "uint8/255" else 50))
    g.binarise()
    binary_layer(g, 6, 3)
    refuse_graph(
        g, tmp_path, r"first layer's input, channel 0, both rises and falls.*monotonic", kind
    )


def test_input_that_falls_into_uneven_levels(tmp_path):
    g = Graph((6,), 13)
    g.add("Neg")
    g.add("Quant", np.float32(0.125), np.float32(0), np.float32(4), signed=1, narrow=0)
    binary_layer(g, 6, 3)
    pattern = r"first layer's input, channel 0, falls .* levels -8\.\.0.*--input float"
    refuse_graph(g, tmp_path, pattern, "uint8/255")


@pytest.mark.parametrize("value", [0.0, 0.5, 3.0, np.nan])
def test_weights_that_are_not_binary(tmp_path, value):
    g = head()
    weights = signs(RNG, 6, 4)
    weights[2, 3] = value
    g.matmul(weights, name="fc1")
    refuse_graph(g, tmp_path, r"node fc1: weights are not binary")


def test_all_weights_zero(tmp_path):
    g = head()
    g.matmul(np.zeros((6, 4)), name="fc1")
    refuse_graph(g, tmp_path, r"node fc1: weights are not binary")


def test_weights_of_a_scale_that_rounds(tmp_path):
    g = head()
    g.matmul(0.3 * signs(RNG, 6, 4), name="fc1")
    refuse_graph(g, tmp_path, r"node fc1: .*0\.3, not a power of two.*layer's output")


def test_activations_of_a_scale_that_rounds(tmp_path):
    g = head()
    binary_layer(g, 6, 4, "fc1")
    g.binarise(0.7)
    binary_layer(g, 4, 3)
    refuse_graph(
        g,
        tmp_path,
        r"layer fc1 takes the levels -0\.7, 0\.7, which are not multiples.*",
    )


def test_weights_of_an_infinite_scale(tmp_path):
    g = head()
    g.matmul(np.inf * signs(RNG, 6, 4), name="fc1")
    refuse_graph(g, tmp_path, r"node fc1: ")


def test_residual(tmp_path):
    g = head()
    before = g.tensor
    binary_layer(g, 6, 6, "fc1")
    g.tensor = g.plain("Add", [g.tensor, before], "shortcut")
    g.binarise()
    binary_layer(g, 6, 3)
    refuse_graph(g, tmp_path, r"goes to 2 nodes; only chains")


def test_sum_with_itself(tmp_path):
    g = head()
    binary_layer(g, 6, 6, "fc1")
    g.tensor = g.plain("Add", [g.tensor, g.tensor], "twice")
    g.binarise()
    binary_layer(g, 6, 3)
    refuse_graph(g, tmp_path, r"(node twice:|goes to 2 nodes).*only chains")


def test_two_inputs(tmp_path):
    g = head()
    g.extra_inputs = [helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 6])]
    g.add("Mul", "mask")
    binary_layer(g, 6, 3)
    refuse_graph(g, tmp_path, r"2 inputs.*exactly one")


def test_dynamic_height(tmp_path):
    g = Graph(("height", 4), 13)
    g.binarise()
    g.add("Reshape", np.array([1, 8]))
    binary_layer(g, 8, 3)
    refuse_graph(g, tmp_path, r"dimension 1 of the model's input is not fixed")


def test_matrix_on_an_input_that_is_not_flat(tmp_path):
    g = Graph((5, 6), 13)
    g.binarise()
    binary_layer(g, 6, 3, "fc1")
    refuse_graph(g, tmp_path, r"node fc1: .*shape \[1, 5, 6\].*flatten")


def test_no_layer(tmp_path):
    refuse_graph(head(), tmp_path, r"no MatMul")


def test_prelu_with_a_negative_slope(tmp_path):
    g = head()
    binary_layer(g, 6, 4, "fc1")
    g.add("PRelu", np.array([1, 1, -1, 1], dtype=np.float32))
    g.add("Sub", np.float32(1))
    g.binarise()
    binary_layer(g, 4, 3)
    refuse_graph(g, tmp_path, r"layer fc1, channel 2: .* changes direction .*2 flips")


def test_abs(tmp_path):
    g = head()
    binary_layer(g, 6, 4, "fc1")
    g.add("Abs")
    g.add("Sub", np.float32(3))
    g.binarise()
    binary_layer(g, 4, 3)
    refuse_graph(g, tmp_path, r"layer fc1, channel 0: .* changes direction .*2 flips.*monotonic")


@pytest.mark.parametrize("where", ["scale", "variance"])
def test_batch_norm_with_nan(tmp_path, where):
    g = head()
    binary_layer(g, 6, 4, "fc1")
    scale, offset, mean, variance = (np.ones(4, dtype=np.float32) for _ in range(4))
    if where == "scale":
        scale[1] = np.nan
    else:
        variance[1] = -1
    g.add("BatchNormalization", scale, offset, mean, variance, name="norm")
    g.binarise()
    binary_layer(g, 4, 3)
    refuse_graph(g, tmp_path, r"(norm|fc1).*(not finite|NaN|nan)")


def test_one_value_per_image_is_no_channel(tmp_path):
    """[4, 1] and [1, 4] hold four values each, but the first spreads over the batch."""
    g = head()
    binary_layer(g, 6, 4, "fc1")
    g.add("Add", np.ones((4, 1), dtype=np.float32), name="spread")
    with pytest.raises(HwBnnError, match="spread") as caught:
        model = load_model(g.save(tmp_path / "model.onnx"))
        Golden(to_integer(read_network(model), InputKind.FLOAT))
    assert "\n" not in str(caught.value)


def test_an_output_of_higher_rank_is_exact_or_refused(tmp_path):
    g = head()
    binary_layer(g, 6, 4, "fc1")
    g.add("Mul", np.full((1, 1, 1), 0.5, dtype=np.float32))
    x = RNG.normal(size=(5, 6)).astype(np.float32)
    try:
        model = load_model(g.save(tmp_path / "model.onnx"))
        integer = to_integer(read_network(model), InputKind.FLOAT)
        found = Golden(integer).run(x)
    except HwBnnError:
        return
    expected = np.concatenate([run_batches(model, row[None]).reshape(1, -1) for row in x])
    np.testing.assert_array_equal(found.reshape(5, -1), expected)
