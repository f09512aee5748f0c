# SPDX-License-Identifier: BSD-3-Clause
"""Source, integer network and golden executor give the same bits, whatever form the source has."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes

from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import to_integer
from hw_bnn.export.model import load_model, run_batches, save_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from tests.networks import (
    CHAINS,
    FLATTENS,
    HEADS,
    NEWEST_OPSET,
    QUANTISERS,
    TAILS,
    WEIGHTS,
    Form,
    make_network,
    networks,
)

# qonnx says so of every Gemm that is not of version 9
pytestmark = pytest.mark.filterwarnings("ignore:The GemmToMatMul")


def untouched(drawn, images):
    """Outputs of the file as it is, node by node, without any of this project's code."""
    model = ModelWrapper(drawn.proto)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_value = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = model.transform(InferShapes())
        name_in, name_out = model.graph.input[0].name, model.graph.output[0].name
        return np.concatenate(
            [execute_onnx(model, {name_in: image[None]})[name_out] for image in images]
        )


def check(drawn, folder):
    """Compare all forms of a network on its images; return the integer network and outputs."""
    source = load_model(drawn.save(folder / "source.onnx"))
    integer = to_integer(read_network(source), InputKind(drawn.kind))
    save_model(integer, folder / "integer.onnx")
    saved = load_model(folder / "integer.onnx")
    expected = run_batches(source, drawn.images)
    assert expected.shape == (len(drawn.images), drawn.widths[-1])
    few = [*range(4), *range(-4, 0)]
    np.testing.assert_array_equal(untouched(drawn, drawn.images[few]), expected[few])
    np.testing.assert_array_equal(run_batches(saved, drawn.images), expected)
    golden = Golden.load(folder / "integer.onnx")
    np.testing.assert_array_equal(golden.run(drawn.images), expected)
    if drawn.pixels is not None:
        np.testing.assert_array_equal(golden.run(golden.prepare(drawn.pixels)), expected)
    check_integers(saved)
    return saved, expected


def check_integers(model):
    """Weights are exactly -1 and +1, thresholds whole numbers that a sum can be compared with."""
    products = model.get_nodes_by_op_type("MatMul")
    comparisons = model.get_nodes_by_op_type("MultiThreshold")
    for node in products:
        assert set(np.unique(model.get_initializer(node.input[1]))) <= {-1.0, 1.0}
    for node in comparisons:
        thresholds = model.get_initializer(node.input[1])
        np.testing.assert_array_equal(thresholds, np.rint(thresholds))
    for product, comparison in zip(products[:-1], comparisons[-len(products) + 1 :], strict=False):
        synapses = model.get_initializer(product.input[1]).shape[0]
        popcounts = (model.get_initializer(comparison.input[1]) + synapses) / 2
        np.testing.assert_array_equal(popcounts, np.rint(popcounts))
        assert popcounts.min() >= 0
        assert popcounts.max() <= synapses + 1


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=networks())
def test_any_network_gives_the_same_bits(drawn, tmp_path):
    check(drawn, tmp_path)


def two_layers(matrix="direct", chain=(), quantiser="bipolar", **options):
    forms = (Form(matrix, chain, quantiser), Form("direct"))
    return make_network((21, 13, 5), forms, **options)


@pytest.mark.parametrize("chain", sorted(CHAINS))
def test_each_chain_gives_the_same_bits(chain, tmp_path):
    drawn = two_layers(chain=(chain, "shift"), kind="float", seed=3)
    _, outputs = check(drawn, tmp_path)
    assert len(np.unique(outputs, axis=0)) > 1  # the network does depend on its input


@pytest.mark.parametrize("matrix", WEIGHTS)
@pytest.mark.parametrize("opset", [9, NEWEST_OPSET])
def test_each_form_of_weights_gives_the_same_bits(matrix, opset, tmp_path):
    check(two_layers(matrix, ("batch_norm",), kind="float", opset=opset), tmp_path)


@pytest.mark.parametrize("quantiser", sorted(set(QUANTISERS)))
def test_each_quantiser_gives_the_same_bits(quantiser, tmp_path):
    check(two_layers(chain=("mul_add",), quantiser=quantiser, kind="float"), tmp_path)


@pytest.mark.parametrize("tail", sorted(set(TAILS)))
def test_each_tail_gives_the_same_bits(tail, tmp_path):
    check(two_layers(tail=tail, kind="float"), tmp_path)


@pytest.mark.parametrize("flatten", FLATTENS)
def test_each_way_to_flatten_gives_the_same_bits(flatten, tmp_path):
    check(two_layers(flatten=flatten, head="per_element", batch="N", kind="float"), tmp_path)


@pytest.mark.parametrize("kind", ["uint8/255", "uint8"])
@pytest.mark.parametrize("head", HEADS)
def test_each_head_gives_the_same_bits(head, kind, tmp_path):
    check(two_layers(head=head, flatten="transposed", kind=kind, seed=5), tmp_path)


@pytest.mark.parametrize("flatten", ["flatten", "transposed"])
def test_float_images_of_any_shape_give_the_same_bits(flatten, tmp_path):
    check(two_layers(head="inverted", flatten=flatten, kind="float", seed=2), tmp_path)


def test_sums_meet_thresholds_exactly():
    """Otherwise the tie rule would go untested."""
    drawn = two_layers(chain=("batch_norm",), kind="float", seed=3)
    model = ModelWrapper(drawn.proto).transform(InferShapes())
    tied = 0
    for image in drawn.images:
        context = execute_onnx(model, {"image": image[None]}, return_full_exec_context=True)
        tied += int((context[model.get_nodes_by_op_type("BipolarQuant")[1].input[0]] == 0).sum())
    assert tied > 0


def test_an_integer_network_is_its_own_integer_network(tmp_path):
    drawn = two_layers(chain=("mul_add",), tail="per_class", head="plain")
    saved, expected = check(drawn, tmp_path)
    again = to_integer(read_network(saved), InputKind(drawn.kind))
    np.testing.assert_array_equal(run_batches(again, drawn.images), expected)
    np.testing.assert_array_equal(Golden(again).run(drawn.images), expected)
    for node in saved.get_nodes_by_op_type("MultiThreshold"):
        found = again.get_initializer(again.get_node_from_name(node.name).input[1])
        np.testing.assert_array_equal(found, saved.get_initializer(node.input[1]))


def test_a_gemm_without_bias_gives_the_same_bits(tmp_path):
    from tests.networks import Graph, signs

    rng = np.random.default_rng(0)
    weights = [signs(rng, 9, 7), signs(rng, 7, 3)]
    images = rng.normal(size=(20, 9)).astype(np.float32)
    outputs = []
    for op_type in ("MatMul", "Gemm"):
        g = Graph((9,), 13)
        g.binarise()
        g.add(op_type, weights[0])
        g.binarise()
        g.add(op_type, weights[1])
        model = load_model(g.save(tmp_path / "m.onnx", 3))
        outputs.append(Golden(to_integer(read_network(model), InputKind.FLOAT)).run(images))
    np.testing.assert_array_equal(outputs[0], outputs[1])


@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_a_gemm_with_factors_gives_the_same_bits(alpha, tmp_path):
    from tests.networks import Graph, signs

    rng = np.random.default_rng(0)
    first, second = signs(rng, 9, 7), signs(rng, 7, 3)
    images = rng.normal(size=(20, 9)).astype(np.float32)
    outputs = []
    for factored in (False, True):
        g = Graph((9,), 13)
        g.binarise()
        if factored:
            g.add("Gemm", first, np.arange(7) * np.float32(0.5), alpha=alpha, beta=2.0)
        else:
            g.matmul(first)
            g.add("Mul", np.float32(alpha))
            g.add("Add", np.arange(7, dtype=np.float32))
        g.binarise()
        g.matmul(second)
        model = load_model(g.save(tmp_path / "m.onnx", 3))
        outputs.append(Golden(to_integer(read_network(model), InputKind.FLOAT)).run(images))
    np.testing.assert_array_equal(outputs[0], outputs[1])
