# SPDX-License-Identifier: BSD-3-Clause
"""What docs/training.md says of networks is so."""

from __future__ import annotations

import re

from hw_bnn.build.pipeline import import_network
from hw_bnn.config import ModelConfig, ThresholdConfig
from hw_bnn.nn.models import build_model
from hw_bnn.nn.summary import summary


def test_the_networks_made_of_layers_are_exported(repository, tmp_path, monkeypatch, capsys):
    text = (repository / "docs" / "training.md").read_text()
    code = "".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "training.md", "exec"), {})
    assert "folds to hardware" in capsys.readouterr().out
    integer = import_network(tmp_path / "model.onnx", "uint8/255")
    assert len(integer.get_nodes_by_op_type("MatMul")) == 3
    integer = import_network(tmp_path / "cnn.onnx", "uint8/255")
    found = [node.op_type for node in integer.graph.node if node.op_type in ("Conv", "MatMul")]
    assert found == ["Conv", "Conv", "MatMul"]
    assert len(integer.get_nodes_by_op_type("Pad")) == 2


def test_brevitas_convolution_behind_the_line_for_a_border_is_taken(repository, tmp_path):
    import torch
    from brevitas.export import export_qonnx
    from brevitas.nn import QuantConv2d, QuantIdentity
    from brevitas.quant import SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst
    from torch import nn

    text = (repository / "docs" / "training.md").read_text()
    (line,) = re.findall(r"`(nn\.ConstantPad2d.*?)`", text)
    model = nn.Sequential(
        QuantIdentity(act_quant=SignedBinaryActPerTensorConst, scaling_init=1.0),
        eval(line, {"nn": nn}),
        QuantConv2d(
            1, 2, 5, bias=False, weight_quant=SignedBinaryWeightPerTensorConst,
            weight_scaling_init=1.0,
        ),
        nn.Flatten(),
    )  # fmt: skip
    export_qonnx(model.eval(), torch.zeros(1, 1, 6, 6), str(tmp_path / "m.onnx"))
    integer = import_network(tmp_path / "m.onnx", "float")
    assert integer.get_tensor_shape(integer.graph.output[0].name) == [1, 32]


def test_the_policies_of_the_table_fold_as_it_says(repository):
    text = (repository / "docs" / "training.md").read_text()
    said = dict(re.findall(r"^\| `(\w+)`.*\| (yes|no) \|$", text, re.MULTILINE))
    found = {
        policy: summary(build_model(config, (1, 2, 2), 2), (1, 2, 2)).folds
        for policy in said
        for config in [ModelConfig(hidden=[2], threshold=ThresholdConfig(policy=policy, shift=0.0))]
    }
    assert {policy: word == "yes" for policy, word in said.items()} == found
    assert list(said) == list(ThresholdConfig.model_fields["policy"].annotation.__args__)
