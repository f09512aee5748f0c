# SPDX-License-Identifier: BSD-3-Clause
"""What README shows works."""

from __future__ import annotations

import re

import pytest

from hw_bnn.build.pipeline import import_network


@pytest.mark.filterwarnings("ignore")
def test_the_network_in_brevitas_is_taken(repository, tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    integer = import_network(tmp_path / "model.onnx", "uint8/255")
    assert len(integer.get_nodes_by_op_type("MatMul")) == 2
