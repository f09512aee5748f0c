# SPDX-License-Identifier: BSD-3-Clause
"""A fault planted in one stage shows there and after it, and nowhere before."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from qonnx.core.modelwrapper import ModelWrapper
from torch import nn

from hw_bnn.build import build
from hw_bnn.build.folder import BuildFolder
from hw_bnn.config import BuildConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.export.model import load_model, run_batches, save_model, tidy
from hw_bnn.export.network import read_network
from hw_bnn.files import sha256
from hw_bnn.verify import verify
from tests.networks import small_network
from tests.verify.planting import change_graph, invert_weight

pytestmark = pytest.mark.rtl

DRAWN = small_network(seed=4)
LAYERS = [layer.name for layer in read_network(tidy(ModelWrapper(DRAWN.proto))).layers]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify")
    (folder / "folding.json").write_text("{}")  # PE and SIMD 1: weights in memory
    config = BuildConfig(
        fpga_part="xc7z020clg400-1", folding_config_file=folder / "folding.json", synthesise=False
    )
    build(DRAWN.save(folder / "m.onnx"), folder / "out", config)
    return folder / "out"


@pytest.fixture
def copy(original, tmp_path):
    """A build of one's own to break."""
    return BuildFolder(shutil.copytree(original, tmp_path / "out"))


def mismatches(folder, **options):
    report = verify(folder.path, DRAWN.images, **options)
    assert report == folder.read_report(unchanged=False)
    return {row["stage"]: row["mismatches"] for row in report["bit_exact"]}


RTL = ("RTL", "RTL with random pauses")


def flip_bits(path, line, bits):
    lines = path.read_text().splitlines()
    lines[line] = f"{int(lines[line], 16) ^ bits:0{len(lines[line])}x}"
    path.write_text("\n".join(lines) + "\n")


def test_a_sound_build_has_no_mismatch_at_any_boundary(copy):
    report = verify(copy.path, DRAWN.images)
    rows = {row["stage"]: row for row in report["bit_exact"]}
    assert set(RTL) < set(rows)
    for row in rows.values():
        assert [layer["layer"] for layer in row["layers"]] == ["input", *LAYERS, "outputs"]
        *seen, outputs = (layer["samples"] for layer in row["layers"])
        assert set(seen) == {0 if row["stage"] == "QONNX file" else len(DRAWN.images)}
        assert outputs == min(len(DRAWN.images), row["samples"])
        assert row["mismatches"] == 0
        assert row["first"] is None
    assert report["ambiguous"] == []


def located(folder, layer, channels):
    """Both simulations differ first at exactly these channels, and no other stage differs."""
    rows = {row["stage"]: row for row in verify(folder.path, DRAWN.images)["bit_exact"]}
    for stage in RTL:
        first = rows.pop(stage)["first"]
        assert first is not None
        assert (first["layer"], first["channels"]) == (LAYERS[layer], channels)
    assert not any(row["mismatches"] for row in rows.values())


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_flipped_weight_in_memory_is_located_in_the_rtl(copy, layer):
    flip_bits(copy.rtl / f"XnorMVAU_rtl_{layer}_weights.mem", 0, 1)
    located(copy, layer, [0])


@pytest.mark.parametrize("layer", [0, 1])
def test_a_changed_threshold_in_memory_is_located_in_the_rtl(copy, layer):
    flip_bits(copy.rtl / f"XnorMVAU_rtl_{layer}_thresholds.mem", 0, 0b10)
    located(copy, layer, [0])


def test_swapped_outputs_in_memory_are_located_in_the_rtl(copy):
    """The words of the first two outputs change places."""
    fold = copy.read_report()["folding"]["XnorMVAU_rtl_1"]
    assert fold["PE"] == 1
    path = copy.rtl / "XnorMVAU_rtl_1_weights.mem"
    lines = path.read_text().splitlines()
    words = DRAWN.widths[1] // fold["SIMD"]
    lines[: 2 * words] = lines[words : 2 * words] + lines[:words]
    path.write_text("\n".join(lines) + "\n")
    located(copy, 1, [0, 1])


def test_a_crossed_wire_is_located_in_the_rtl(copy):
    """The first layer's result leaves its wrapper inverted."""
    path = copy.rtl / "XnorMVAU_rtl_0.v"
    text = path.read_text()
    assert text.count("out_data}") + text.count("= out_data;") == 1
    path.write_text(text.replace("out_data}", "~out_data}").replace("= out_data;", "= ~out_data;"))
    located(copy, 0, list(range(DRAWN.widths[1])))


def test_a_changed_threshold_in_the_integer_network_shows_in_what_reads_it(copy):
    """The hardware was built before: it still agrees with the source."""
    model = load_model(copy.integer)
    node = model.get_nodes_by_op_type("MultiThreshold")[1]
    levels = model.get_initializer(node.input[1]).copy()
    model.set_initializer(node.input[1], levels + 2)
    save_model(model, copy.integer)
    found = mismatches(copy)
    assert found.pop("integer QONNX") == found.pop("golden") > 0
    assert not any(found.values())


class Lookup(nn.Module):
    """Gives the outputs that were stored for images."""

    def __init__(self, images, outputs):
        super().__init__()
        self.outputs = {x.tobytes(): y for x, y in zip(images, outputs, strict=True)}

    def forward(self, images):
        return torch.tensor(np.stack([self.outputs[x.tobytes()] for x in images.numpy()]))


def test_another_trained_model_shows_at_the_source_alone(copy):
    outputs = run_batches(load_model(copy.source), DRAWN.images)
    outputs[[3, 7]] += np.float32(1e-6) * np.abs(outputs[[3, 7]]) + np.float32(1e-6)
    found = mismatches(copy, trained=Lookup(DRAWN.images, outputs))
    assert found.pop("QONNX") == 2
    assert not any(found.values())


def test_a_fault_in_a_finn_graph_shows_at_that_step_alone(copy):
    path = copy.dataflow / "intermediate_models" / "step_specialize_layers.onnx"
    change_graph(path, LAYERS[1], 1, invert_weight(3))
    found = mismatches(copy)
    assert found["FINN+ step_specialize_layers"] > 0
    assert sum(count > 0 for count in found.values()) == 1


def test_the_last_graph_sees_all_images(copy, monkeypatch):
    monkeypatch.setattr("hw_bnn.verify.comparison.GRAPH_IMAGES", 7)
    rows = verify(copy.path, DRAWN.images, rtl_images=3)["bit_exact"]
    *before, last = (row["samples"] for row in rows if row["stage"].startswith("FINN+"))
    assert set(before) == {7}
    assert last == len(DRAWN.images)


def test_accuracy_counts_right_answers(copy):
    outputs = run_batches(load_model(copy.source), DRAWN.images)
    labels = outputs.argmax(axis=1)
    labels[:5] = (labels[:5] + 1) % 3
    trained = Lookup(DRAWN.images, outputs)
    report = verify(copy.path, DRAWN.images, labels, rtl_images=10, trained=trained)
    count = len(labels)
    right = {"correct": count - 5, "images": count, "accuracy": (count - 5) / count}
    few = {"correct": 5, "images": 10, "accuracy": 0.5}
    assert report["accuracy"] == {"trained": right, "qonnx": right, "golden": right, "rtl": few}
    assert {row["stage"]: row["samples"] for row in report["bit_exact"]}["RTL"] == 10


def test_pixels_and_flat_images_do_too(copy):
    for images in (DRAWN.pixels, DRAWN.images.reshape(len(DRAWN.images), -1)):
        report = verify(copy.path, images, rtl_images=4)
        assert not any(row["mismatches"] for row in report["bit_exact"])


@pytest.mark.parametrize(
    ("images", "options", "pattern"),
    [
        (DRAWN.images[:0], {}, "no images"),
        (DRAWN.images, {"labels": np.zeros(3, np.int64)}, r"3 labels for \d+ images"),
        (DRAWN.images, {"trained": nn.Flatten()}, r"outputs"),
        (DRAWN.images.astype(np.float64), {}, "float64"),
        (DRAWN.images[..., :-1], {}, "shape"),
        (DRAWN.images + np.float32(0.001), {}, "grid"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_the_report_kept(copy, images, options, pattern):
    before = sha256(copy.report)
    with pytest.raises(HwBnnError, match=pattern) as caught:
        verify(copy.path, images, **options)
    assert "\n" not in str(caught.value)
    assert sha256(copy.report) == before


@pytest.mark.parametrize("gone", ["report.json", "dataflow/integer.onnx", "dataflow/rtl"])
def test_an_unfinished_build_is_refused(copy, gone):
    path = copy.path / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(HwBnnError, match="no finished build"):
        verify(copy.path, DRAWN.images)
