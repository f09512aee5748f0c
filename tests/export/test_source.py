# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from qonnx.core.datatype import DataType
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_datatypes import InferDataTypes
from qonnx.util.cleanup import cleanup_model
from torch import nn

from hw_bnn.config import ModelConfig, ThresholdConfig
from hw_bnn.data import load
from hw_bnn.errors import HwBnnError
from hw_bnn.export.source import export_qonnx
from hw_bnn.nn.layers import BatchNorm, BinaryActivation, BinaryLinear, ScalarNorm
from hw_bnn.nn.models import build_model

SHAPE = (1, 8, 8)


def digits(count=None):
    images = load("digits").test_images[:count]
    return images.astype(np.float32) / np.float32(255)


def network(policy="shift", input_threshold=0.5) -> nn.Sequential:
    """A network as training leaves it, with inverted, constant and tied channels besides."""
    torch.manual_seed(7)
    shift = -0.5 if policy == "shift" else 0.0
    config = ModelConfig(
        hidden=[24, 16],
        input_threshold=input_threshold,
        threshold=ThresholdConfig(policy=policy, shift=shift),
    )
    model = build_model(config, SHAPE, 10)
    with torch.no_grad():
        norms = [layer for layer in model if isinstance(layer, BatchNorm)]
        for norm in norms:
            norm.weight.normal_()
            norm.weight[0], norm.weight[1], norm.weight[2] = -0.6, 0.0, 1.0
            norm.bias.normal_(std=0.3)
        for _ in range(20):
            model.train()(torch.from_numpy(digits(200)))
        for norm in norms:  # channel 2 is z exactly, so that zero sums are ties
            norm.running_mean[2], norm.running_var[2] = 0.0, 1.0 - norm.eps
            norm.bias[2] = shift
    return model.eval()


def run(path, images):
    graph = cleanup_model(ModelWrapper(str(path)))
    name_in, name_out = graph.graph.input[0].name, graph.graph.output[0].name
    return np.concatenate(
        [execute_onnx(graph, {name_in: image[None]})[name_out] for image in images]
    )


@pytest.mark.parametrize("policy", ["zero", "shift"])
def test_qonnx_gives_the_bits_that_torch_gives(tmp_path, policy):
    model, images = network(policy), digits(25)
    tied = []
    model[4].threshold.register_forward_hook(lambda _m, _x, y: tied.append(int((y == 0).sum())))
    with torch.no_grad():
        expected = model(torch.from_numpy(images)).numpy()
    assert sum(tied) > 0  # the images do meet the threshold exactly
    assert len(np.unique(expected.argmax(1))) > 1
    export_qonnx(model, SHAPE, tmp_path / "model.onnx")
    found = run(tmp_path / "model.onnx", images)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_qonnx_binarises_all_pixel_values_as_torch_does(tmp_path):
    threshold = float(np.float32(96) / np.float32(255))  # a pixel that lies on the threshold
    model = network(input_threshold=threshold)[:2]
    pixels = np.arange(256, dtype=np.float32).reshape(4, *SHAPE) / np.float32(255)
    export_qonnx(model, SHAPE, tmp_path / "input.onnx")
    found = run(tmp_path / "input.onnx", pixels)
    np.testing.assert_array_equal(found, model(torch.from_numpy(pixels)).detach().numpy())
    assert found.ravel()[95:97].tolist() == [-1.0, 1.0]


def test_graph_is_what_training_promised(tmp_path):
    model = network()
    export_qonnx(model, SHAPE, tmp_path / "model.onnx")
    proto = onnx.load(tmp_path / "model.onnx")
    types = [node.op_type for node in proto.graph.node]
    block = ["BipolarQuant", "Transpose", "MatMul", "Mul", "Add"]
    sign = ["Sub", "BipolarQuant"]
    assert types == ["Flatten", *sign, *block, *sign, *block, *sign, *block]
    constants = {item.name: numpy_helper.to_array(item) for item in proto.graph.initializer}
    norms = [layer for layer in model if isinstance(layer, BatchNorm | ScalarNorm)]
    for op_type, part in (("Mul", "scale"), ("Add", "offset")):
        nodes = [node for node in proto.graph.node if node.op_type == op_type]
        for node, norm in zip(nodes, norms, strict=True):
            constant = constants[node.input[1]]
            assert constant.dtype == np.float32
            np.testing.assert_array_equal(constant, getattr(norm.folded(), part).numpy())
    for node in proto.graph.node:
        if node.op_type == "BipolarQuant":
            assert node.domain == "qonnx.custom_op.general"
            assert constants[node.input[1]] == 1.0
    assert [item.name for item in (*proto.graph.input, *proto.graph.output)] == ["image", "logits"]
    shape = proto.graph.input[0].type.tensor_type.shape.dim
    assert [dim.dim_value for dim in shape] == [1, *SHAPE]


def test_weights_in_the_graph_are_bipolar_and_the_trained_signs(tmp_path):
    model = network()
    export_qonnx(model, SHAPE, tmp_path / "model.onnx")
    graph = cleanup_model(ModelWrapper(str(tmp_path / "model.onnx"))).transform(InferDataTypes())
    layers = [layer for layer in model if isinstance(layer, BinaryLinear)]
    for node, layer in zip(graph.get_nodes_by_op_type("MatMul"), layers, strict=True):
        quantiser = graph.find_producer(node.input[1])
        assert quantiser.op_type == "BipolarQuant"
        assert graph.get_tensor_datatype(node.input[1]) == DataType["BIPOLAR"]
        stored = graph.get_initializer(quantiser.input[0])
        np.testing.assert_array_equal(stored.T >= 0, layer.weight.detach().numpy() >= 0)


def test_zero_policy_adds_no_node(tmp_path):
    export_qonnx(network("zero"), SHAPE, tmp_path / "model.onnx")
    types = [node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node]
    assert types.count("Sub") == 1  # the input's


def test_export_leaves_the_model_as_it_is_and_repeats_its_bytes(tmp_path):
    model = network().train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    for name in ("a", "b"):
        export_qonnx(model, SHAPE, tmp_path / name)
    assert model.training
    assert isinstance(model[3], BatchNorm)
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_stock_batch_norm_is_refused(tmp_path):
    model = nn.Sequential(
        nn.Flatten(), BinaryActivation(), BinaryLinear(64, 4), nn.BatchNorm1d(4), BinaryActivation()
    )
    with pytest.raises(HwBnnError, match=r"BatchNormalization.*hw_bnn.nn.layers.BatchNorm"):
        export_qonnx(model, SHAPE, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
