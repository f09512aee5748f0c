# SPDX-License-Identifier: BSD-3-Clause
"""Our convolutional networks: torch, QONNX and golden give the same bits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.util.cleanup import cleanup_model
from torch import nn

from hw_bnn.config import CnvConfig
from hw_bnn.data import load
from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import to_integer
from hw_bnn.export.model import load_model, save_model
from hw_bnn.export.network import read_network
from hw_bnn.export.source import export_qonnx
from hw_bnn.golden import Golden
from hw_bnn.nn.blocks import ConvBlock
from hw_bnn.nn.models import build_model
from hw_bnn.nn.summary import summary
from hw_bnn.nn.thresholds import DynamicAsd

CONFIGS = {
    "pool of activations": {"pool": "activations"},
    "pool of sums": {"pool": "sums", "threshold": {"policy": "shift", "shift": -0.5}},
    "padded": {"pool": "sums", "padding": 1, "final_pool": True, "hidden": []},
    "learned thresholds, ReCU": {
        "threshold": {"policy": "learned", "shift": -0.5, "initial": "batch"},
        "weights": {"method": "recu", "surrogate": {"name": "identity"}, "clip": False},
        "surrogate": {"name": "approx_sign"},
    },
    "static ASD, WSD": {
        "threshold": {"policy": "static_asd"},
        "weights": {"method": "wsd", "surrogate": {"name": "ede"}},
        "surrogate": {"name": "ede"},
    },
    "balanced thresholds, IR-Net": {
        "threshold": {"policy": "balanced"},
        "weights": {"method": "irnet"},
    },
}


def trained(values) -> torch.nn.Sequential:
    """A network with norms as training leaves them, some of them falling, on 8 x 8 digits."""
    torch.manual_seed(5)
    model = build_model(
        CnvConfig.model_validate({"channels": [[6, 8], [10]], "hidden": [12], **values}),
        (1, 12, 12),
        10,
    )
    images = torch.from_numpy(digits(200)).float() / 255
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, ConvBlock):
                layer.norm.weight.normal_(0.5, 1.0)
                layer.norm.bias.normal_(std=0.3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(20):
        optimizer.zero_grad()
        model.train()(images).square().mean().backward()
        optimizer.step()
    return model.eval()


def digits(count: int) -> np.ndarray:
    return np.pad(load("digits").test_images[:count], [(0, 0), (0, 0), (2, 2), (2, 2)])


@pytest.mark.parametrize("name", CONFIGS)
def test_torch_qonnx_and_golden_agree(tmp_path, name):
    model = trained(CONFIGS[name])
    images = digits(30)
    images[0], images[1] = 0, 255
    x = images.astype(np.float32) / np.float32(255)
    with torch.no_grad():
        expected = model(torch.from_numpy(x)).numpy()
    assert len(np.unique(expected.argmax(1))) > 1
    path = tmp_path / "model.onnx"
    export_qonnx(model, (1, 12, 12), path)
    graph = cleanup_model(ModelWrapper(str(path)))
    name_in, name_out = graph.graph.input[0].name, graph.graph.output[0].name
    found = [execute_onnx(graph, {name_in: image[None]})[name_out] for image in x]
    np.testing.assert_array_equal(np.concatenate(found), expected)
    integer = to_integer(read_network(load_model(path)), InputKind.UINT8_255)
    save_model(integer, tmp_path / "integer.onnx")
    golden = Golden.load(tmp_path / "integer.onnx")
    np.testing.assert_array_equal(golden.run(golden.prepare(images)), expected)


class PerSample(nn.Module):
    """A policy of the user, which says nothing of folding."""

    def forward(self, x):
        return x - x.mean(dim=1, keepdim=True)


class SaysNo(PerSample):
    folds = False


@pytest.mark.parametrize("policy", [lambda: DynamicAsd(6), PerSample, SaysNo])
def test_a_threshold_that_depends_on_the_image_is_refused_by_name(tmp_path, policy):
    model = trained({})
    model[1].activation.threshold = policy()
    name = type(model[1].activation.threshold).__name__
    with pytest.raises(
        HwBnnError, match=f"layer 1.activation has the threshold {name}, .*static_asd"
    ):
        export_qonnx(model, (1, 12, 12), tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
    assert [layer.folds for layer in summary(model, (1, 12, 12)).layers[:2]] == [False, True]
