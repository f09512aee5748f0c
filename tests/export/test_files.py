# SPDX-License-Identifier: BSD-3-Clause
"""Files that are no models, and images that are none of the network's."""

from __future__ import annotations

import re

import numpy as np
import onnx
import pytest

from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import to_integer
from hw_bnn.export.model import load_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from tests.networks import Form, Graph, make_network, signs

RNG = np.random.default_rng(0)


def one_layer():
    g = Graph((6,), 13)
    g.binarise()
    g.matmul(signs(RNG, 6, 40))
    return g


def test_missing_file(tmp_path):
    refuse_load(tmp_path / "nothing.onnx", r"nothing\.onnx: no such")


def test_directory(tmp_path):
    refuse_load(tmp_path, re.escape(str(tmp_path)))


@pytest.mark.parametrize("content", [b"", b"hello, this is no model\n", b"\x89PNG\r\n\x1a\n" * 9])
def test_file_of_another_kind(tmp_path, content):
    (tmp_path / "photo.onnx").write_bytes(content)
    refuse_load(tmp_path / "photo.onnx", r"photo\.onnx: .*export")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated_file(tmp_path, share):
    g = one_layer()
    path = g.save(tmp_path / "model.onnx", 40)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refuse_load(path, r"model\.onnx: .*export")


def test_weights_kept_in_a_file_that_is_missing(tmp_path):
    g = one_layer()
    path = tmp_path / "model.onnx"
    onnx.save_model(g.proto(40), path, save_as_external_data=True, location="w.bin",
                    size_threshold=0)  # fmt: skip
    (tmp_path / "w.bin").unlink()
    refuse_load(path, r"model\.onnx: ")


def test_weights_kept_in_a_file_beside_the_model_are_read_or_refused(tmp_path):
    g = one_layer()
    path = tmp_path / "model.onnx"
    onnx.save_model(g.proto(40), path, save_as_external_data=True, location="w.bin",
                    size_threshold=0)  # fmt: skip
    try:
        assert len(read_network(load_model(path)).layers) == 1
    except HwBnnError as error:
        assert "\n" not in str(error)


def refuse_load(path, pattern):
    with pytest.raises(HwBnnError) as caught:
        load_model(path)
    assert "\n" not in str(caught.value)
    assert re.search(pattern, str(caught.value)), str(caught.value)


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    drawn = make_network((10, 6, 3), (Form("direct"), Form("direct")), kind="uint8/255")
    model = load_model(drawn.save(tmp_path_factory.mktemp("golden") / "m.onnx"))
    return Golden(to_integer(read_network(model), InputKind.UINT8_255))


@pytest.mark.parametrize(
    ("images", "pattern"),
    [
        (np.zeros((2, 1, 2, 5)), "float64; float32 is required"),
        (np.zeros((2, 1, 2, 5), np.int64), "int64"),
        (np.zeros((2, 1, 2, 6), np.float32), r"\[2, 1, 2, 6\].*\[N, 1, 2, 5\]"),
        (np.zeros((2, 11), np.uint8), r"\[2, 11\]"),
        (np.zeros(10, np.float32), r"\[10\]"),
        (np.float32(0), r"\[\]"),
        (np.array([["a"] * 10]), "type"),
    ],
)
def test_images_of_another_type_or_shape(golden, images, pattern):
    with pytest.raises(HwBnnError, match=pattern) as caught:
        golden.prepare(images)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("at", [0, 200])
def test_an_image_off_the_grid_is_named_by_its_own_number(golden, at):
    images = np.zeros((300, 1, 2, 5), dtype=np.float32)
    images[at, 0, 1, 4] = 0.3
    with pytest.raises(HwBnnError, match=rf"input \({at}, 0, 1, 4\) is 0\.3"):
        golden.run(images)


def test_reading_a_model_warns_about_nothing(recwarn, tmp_path):
    """What qonnx thinks of a Gemm's version is nothing that the user can mend."""
    g = Graph((6,), 13)
    g.binarise()
    g.add("Gemm", signs(RNG, 6, 3), np.zeros(3, np.float32))
    load_model(g.save(tmp_path / "model.onnx", 3))
    assert not [str(item.message) for item in recwarn if issubclass(item.category, UserWarning)]
