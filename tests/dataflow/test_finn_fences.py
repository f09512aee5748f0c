# SPDX-License-Identifier: BSD-3-Clause
"""Where FINN+'s own steps change what a binary network computes, and that this project's do not.

Each test shows both. If FINN+'s half fails, FINN+ has changed: read docs/upstream/ again, and drop
what is no longer true.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings

import numpy as np
import pytest

from hw_bnn.dataflow import engine
from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import body, to_integer
from hw_bnn.export.model import load_model, run_batches, run_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from tests.networks import Graph, signs

CHANGED = "FINN+ does this otherwise now: read docs/upstream/{} again"
OWN = ("step_qonnx_to_finn", "step_tidy_up", "step_streamline", "step_convert_to_hw")


@pytest.fixture(scope="module")
def finn(tmp_path_factory):
    """Run FINN+'s own steps on a model; returns the model."""
    folder = tmp_path_factory.mktemp("finn")
    engine.start(folder / "tmp")
    from finn.builder import build_dataflow_steps
    from finn.builder.build_dataflow_config import DataflowBuildConfig

    config = DataflowBuildConfig(
        output_dir=str(folder / "out"),
        synth_clk_period_ns=10.0,
        fpga_part="xc7z020clg400-1",
        generate_outputs=[],
    )

    def run(model, *steps):
        with contextlib.redirect_stdout(io.StringIO()):
            for step in steps:
                model = getattr(build_dataflow_steps, step)(model, config)
        return model

    return run


def source(g, tmp_path, outputs):
    from qonnx.core.modelwrapper import ModelWrapper

    path = g.save(tmp_path / "source.onnx", outputs)
    return ModelWrapper(str(path)), load_model(path)


def matrix(g, weights):
    """A product as exporters write it: FINN+ takes weights as binary only behind a quantiser."""
    g.add("MatMul", g.plain("BipolarQuant", [g.constant(weights), g.constant(np.float32(1))]))


def outputs(model, images):
    return np.concatenate([run_model(model, image[None]) for image in images])


def ours(model, images):
    """Outputs of the golden executor and of the dataflow graph that this project makes."""
    from hw_bnn.dataflow.boundaries import boundaries, execute
    from hw_bnn.dataflow.transformations.convert_to_hardware import ConvertToHardware

    integer = to_integer(read_network(model), InputKind.FLOAT)
    golden = Golden(integer)
    graph = body(integer).transform(ConvertToHardware())
    last = boundaries(graph)[-1]
    sums = last.codes(execute(graph, golden.codes(images))[last.tensor])
    return golden.run(images), golden.outputs(sums), graph


@pytest.fixture
def wide(tmp_path):
    """144 inputs, a threshold of 130 on the popcount, inputs with popcounts around it."""
    rng = np.random.default_rng(0)
    weights = signs(rng, 144, 6)
    g = Graph((144,), 13)
    g.binarise()
    matrix(g, weights)
    g.add("Sub", np.full(6, 2 * 130 - 144, dtype=np.float32))
    g.binarise()
    matrix(g, signs(rng, 6, 3))
    images = np.repeat(weights[None, :, 0], 20, axis=0)
    for flipped in range(20):
        images[flipped, :flipped] *= -1
    return (*source(g, tmp_path, 3), images)


def test_accumulators_hold_popcounts(finn, wide):
    """A popcount of 144 bits needs 8 unsigned bits; FINN+ takes 8 signed ones and clips 130."""
    model, tidied, images = wide
    expected = run_batches(tidied, images)
    graph = finn(model, *OWN)
    np.testing.assert_array_equal(outputs(graph, images), expected)
    narrowed = finn(graph, "step_minimize_bit_width")
    changed = CHANGED.format("accumulator-width.md")
    from qonnx.core.datatype import DataType
    from qonnx.custom_op.registry import getCustomOp

    node = narrowed.get_nodes_by_op_type("MVAU")[0]
    assert getCustomOp(node).get_nodeattr("accDataType") == "INT8", changed
    assert not DataType["INT8"].allowed(144), changed
    wrong = (outputs(narrowed, images) != expected).any(axis=1)
    np.testing.assert_array_equal(wrong, [144 - n in (128, 129) for n in range(20)], changed)
    golden, hardware, own = ours(tidied, images)
    np.testing.assert_array_equal(golden, expected)
    np.testing.assert_array_equal(hardware, expected)
    (thresholds,) = {int(t) for t in own.get_initializer(own.graph.node[0].input[2]).ravel()}
    assert thresholds == 130


@pytest.fixture
def constant(tmp_path):
    """Of 9 inputs, one channel is always +1, one lies at 0.3, two never and sometimes."""
    rng = np.random.default_rng(0)
    g = Graph((9,), 13)
    g.binarise()
    matrix(g, signs(rng, 9, 4))
    g.add("Sub", np.array([-13, 0.3, 13, 1], dtype=np.float32))
    g.binarise()
    matrix(g, signs(rng, 4, 3))
    images = signs(rng, 40, 9)
    return (*source(g, tmp_path, 3), images)


def test_thresholds_are_popcounts(finn, constant):
    """FINN+ keeps -2 and 4.65 as thresholds on popcounts; it stops at -2 without a word."""
    model, tidied, images = constant
    expected = run_batches(tidied, images)
    graph = finn(model, *OWN)
    changed = CHANGED.format("thresholds.md")
    kept = [
        graph.get_initializer(node.input[-1]).ravel()
        for node in graph.graph.node
        if node.op_type in ("MVAU", "Thresholding")
    ]
    (thresholds,) = [values for values in kept if values.size == 4]
    assert thresholds.min() == -2, changed
    assert (thresholds != np.rint(thresholds)).any(), changed
    from qonnx.custom_op.registry import getCustomOp

    with pytest.raises(AssertionError) as stopped:
        narrowed = finn(graph, "step_minimize_bit_width")
        node = narrowed.get_nodes_by_op_type("MVAU")[0]
        operator = getCustomOp(node)
        operator.get_hw_compatible_threshold_tensor(narrowed.get_initializer(node.input[2]))
    assert not str(stopped.value), changed
    golden, hardware, own = ours(tidied, images)
    np.testing.assert_array_equal(golden, expected)
    np.testing.assert_array_equal(hardware, expected)
    assert own.get_initializer(own.graph.node[0].input[2]).ravel().tolist() == [0, 5, 10, 5]


def padded(tmp_path, value):
    """A binary convolution with a frame: of zeros within it, or of `value` before it."""
    rng = np.random.default_rng(0)
    g = Graph((2, 5, 5), 13)
    g.binarise()
    if value:
        g.add("Pad", np.array([0, 0, 1, 1, 0, 0, 1, 1]), np.float32(value), name="frame")
    weights = g.plain(
        "BipolarQuant", [g.constant(signs(rng, 4, 2, 3, 3)), g.constant(np.float32(1))]
    )
    frame = [0 if value else 1] * 4
    window = {"kernel_shape": [3, 3], "strides": [1, 1], "dilations": [1, 1], "group": 1}
    g.add("Conv", weights, pads=frame, name="features", **window)
    g.binarise()
    g.add("Flatten", axis=1)
    matrix(g, signs(rng, 100, 3))
    images = rng.normal(size=(6, 2, 5, 5)).astype(np.float32)
    return (*source(g, tmp_path, 3), images)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_padding_keeps_its_value(finn, tmp_path, value):
    """FINN+'s tensors of 0 and 1 are padded with what was a level of -1 and +1, or none."""
    model, tidied, images = padded(tmp_path, value)
    expected = run_batches(tidied, images)
    before = finn(model, *OWN[:2])
    np.testing.assert_array_equal(outputs(before, images), expected)
    streamlined = finn(before, "step_streamline")
    wrong = (outputs(streamlined, images) != expected).any(axis=1)
    assert wrong.all(), CHANGED.format("bipolar-padding.md")
    if value == 0:
        with pytest.raises(HwBnnError, match=r"layer features: zero padding.*pad with -1 or \+1"):
            ours(tidied, images)
        return
    golden, hardware, _ = ours(tidied, images)
    np.testing.assert_array_equal(golden, expected)
    np.testing.assert_array_equal(hardware, expected)


def test_the_graph_ends_in_integers(finn, tmp_path):
    """FINN+ appends nodes of float arithmetic, which exist in HLS only."""
    rng = np.random.default_rng(0)
    g = Graph((9,), 13)
    g.binarise()
    matrix(g, signs(rng, 9, 4))
    g.add("Mul", np.float32(0.37))
    g.add("Add", np.float32(0.1))
    model, tidied = source(g, tmp_path, 4)
    images = signs(rng, 30, 9)
    graph = finn(model, *OWN, "step_create_dataflow_partition", "step_specialize_layers")
    changed = CHANGED.format("trailing-scale.md")
    appended = [node.op_type for node in graph.graph.node[-2:]]
    assert appended == ["ElementwiseMul_hls", "ElementwiseAdd_hls"], changed
    assert graph.get_tensor_datatype(graph.graph.output[0].name).name == "FLOAT32", changed
    golden, hardware, own = ours(tidied, images)
    expected = run_batches(tidied, images)
    np.testing.assert_array_equal(golden, expected)
    np.testing.assert_array_equal(hardware, expected)
    assert [node.op_type for node in own.graph.node] == ["XnorMVAU"]


REPORTS = ("accumulator-width", "bipolar-padding", "thresholds", "trailing-scale")


@pytest.mark.parametrize("name", REPORTS)
def test_what_is_reported_upstream_can_be_reproduced(repository, name):
    text = (repository / "docs" / "upstream" / f"{name}.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (expected,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        exec(compile(code, name, "exec"), {"__name__": name})
    assert printed.getvalue() == expected, CHANGED.format(f"{name}.md")
