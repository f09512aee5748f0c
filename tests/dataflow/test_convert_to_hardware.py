# SPDX-License-Identifier: BSD-3-Clause
"""Integer networks as graphs of hardware operators: the golden executor's values everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from hw_bnn.bench.comparison import rule_of
from hw_bnn.bench.networks import draw
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.graph import run_steps
from hw_bnn.build.steps import GRAPH_STEPS
from hw_bnn.config import BuildConfig
from hw_bnn.dataflow import engine
from hw_bnn.dataflow.boundaries import boundaries, execute
from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import body, to_integer
from hw_bnn.export.model import load_model
from hw_bnn.export.network import read_network
from hw_bnn.export.source import to_qonnx
from hw_bnn.files import read_json
from hw_bnn.golden import Golden
from tests.networks import Graph, signs

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory):
    engine.start(tmp_path_factory.mktemp("finn"))


def convert(model):
    from hw_bnn.dataflow.transformations.convert_to_hardware import ConvertToHardware

    return model.transform(ConvertToHardware())


def import_model(path, kind="float"):
    return to_integer(read_network(load_model(path)), InputKind(kind))


def drawn_model(seed, path):
    drawn = draw(seed, stock=False)
    path.write_bytes(to_qonnx(drawn.stages, drawn.shape).SerializeToString())
    try:
        return drawn, import_model(path, drawn.kind)
    except HwBnnError as error:
        rule_of(str(error), drawn)  # such a network is refused earlier, with cause
        return drawn, None


def check(model, golden, codes, what):
    found = execute(model, codes)
    places = boundaries(model)
    assert [place.layer for place in places] == [layer.product.name for layer in golden.layers]
    for place, expected in zip(places, golden.activations(codes), strict=True):
        np.testing.assert_array_equal(
            place.codes(found[place.tensor]), expected, f"{what}, {place.layer}"
        )


@pytest.mark.parametrize("seed", range(30))
def test_drawn_networks_keep_every_layers_values(tmp_path, seed):
    drawn, integer = drawn_model(seed, tmp_path / "m.onnx")
    if integer is None:
        return
    golden = Golden(integer)
    codes = golden.codes(golden.prepare(drawn.images(6)))
    model = body(integer)
    check(model, golden, codes, drawn.traits)
    graph = convert(model)
    check(graph, golden, codes, drawn.traits)
    for tensor, values in execute(graph, codes).items():
        most = graph.get_tensor_datatype(tensor).max()
        assert values.min() >= 0
        assert values.max() <= most, tensor


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_every_step_keeps_every_layers_values(tmp_path, seed):
    from qonnx.core.modelwrapper import ModelWrapper

    drawn, integer = drawn_model(seed, tmp_path / "m.onnx")
    golden, folder = Golden(integer), BuildFolder(tmp_path / "out")
    config = BuildConfig(fpga_part="xc7z020clg400-1", target_fps=100_000)
    run_steps(integer, folder, config, GRAPH_STEPS)
    codes = golden.codes(golden.prepare(drawn.images(3)))
    models = folder.dataflow / "intermediate_models"
    for step in GRAPH_STEPS:
        path = models / f"{step.rsplit('.', 1)[-1]}.onnx"
        check(ModelWrapper(str(path)), golden, codes, f"{path.stem} of {drawn.traits}")


def test_a_build_within_a_budget_takes_its_folding(tmp_path):
    _, integer = drawn_model(2, tmp_path / "m.onnx")
    cycles = []
    for share in (0.02, 0.2):
        folder = BuildFolder(tmp_path / f"{share}")
        config = BuildConfig(fpga_part="xc7z010clg400-1", resource_budget=share)
        run_steps(integer, folder, config, GRAPH_STEPS[:6])
        report = folder.dataflow / "report"
        cycles.append(max(read_json(report / "estimate_layer_cycles.json").values()))
        used = read_json(report / "estimate_layer_resources.json")["total"]
        assert used["LUT"] <= share * 17_600
        assert used["BRAM_18K"] <= share * 120
    assert cycles[1] < cycles[0]


def test_a_transpose_between_convolutions_is_refused(tmp_path):
    g = Graph((2, 6, 6), 13)
    g.binarise()
    g.add("Conv", signs(RNG, 3, 2, 3, 3), kernel_shape=[3, 3])
    g.binarise()
    g.add("Transpose", perm=[0, 1, 3, 2])
    g.add("Conv", signs(RNG, 2, 3, 4, 4), name="second", kernel_shape=[4, 4])
    g.add("Flatten", axis=1)
    integer = import_model(g.save(tmp_path / "m.onnx", 2))
    with pytest.raises(HwBnnError, match="layer second: a transpose"):
        convert(body(integer))


def test_a_transpose_before_a_matrix_permutes_its_rows(tmp_path):
    g = Graph((2, 6, 5), 13)
    g.binarise()
    g.add("Conv", signs(RNG, 3, 2, 3, 3), kernel_shape=[3, 3])
    g.binarise()
    g.add("Transpose", perm=[0, 3, 1, 2])
    g.add("Flatten", axis=1)
    g.matmul(signs(RNG, 36, 4))
    integer = import_model(g.save(tmp_path / "m.onnx", 4))
    golden = Golden(integer)
    codes = golden.codes(RNG.normal(size=(9, 2, 6, 5)).astype(np.float32))
    check(convert(body(integer)), golden, codes, "transposed")
