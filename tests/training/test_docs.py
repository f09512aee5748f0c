# SPDX-License-Identifier: BSD-3-Clause
"""What docs/training.md says of networks is so."""

from __future__ import annotations

import re

from hw_bnn.build.pipeline import import_network
from hw_bnn.config import ModelConfig, ThresholdConfig
from hw_bnn.nn.models import build_model
from hw_bnn.nn.summary import summary


def test_the_network_made_of_layers_is_exported(repository, tmp_path, monkeypatch, capsys):
    text = (repository / "docs" / "training.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "training.md", "exec"), {})
    assert "folds to hardware" in capsys.readouterr().out
    integer = import_network(tmp_path / "model.onnx", "uint8/255")
    assert len(integer.get_nodes_by_op_type("MatMul")) == 3


def test_the_policies_of_the_table_fold_as_it_says(repository):
    text = (repository / "docs" / "training.md").read_text()
    said = dict(re.findall(r"^\| `(\w+)`.*\| (yes|no) \|$", text, re.MULTILINE))
    found = {
        policy: summary(build_model(config, (1, 2, 2), 2), (1, 2, 2)).folds
        for policy in said
        for config in [ModelConfig(hidden=[2], threshold=ThresholdConfig(policy=policy))]
    }
    assert {policy: word == "yes" for policy, word in said.items()} == found
    assert list(said) == list(ThresholdConfig.model_fields["policy"].annotation.__args__)
