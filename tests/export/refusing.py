# SPDX-License-Identifier: BSD-3-Clause
"""Networks that must be refused in one line that names the place and says what to do."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hw_bnn.build.pipeline import import_network
from hw_bnn.errors import HwBnnError
from tests.networks import Graph, signs

RNG = np.random.default_rng(0)
ADVICE = (
    r"[;:] .*\b(use|only|export|remove|retrain|express|put|end|give|flatten|exactly|invert|move"
    r"|let)\b"
)


def refuse(path, pattern, kind="float"):
    """Import a file; it must be refused by one line that matches."""
    with pytest.raises(HwBnnError) as caught:
        import_network(path, kind)
    text = str(caught.value)
    assert "\n" not in text
    assert re.search(pattern, text), text
    assert re.search(ADVICE, text), f"says not what to do: {text}"


def binary_layer(g, inputs, outputs, name=""):
    g.matmul(signs(RNG, inputs, outputs), name=name)


def head():
    g = Graph((6,), 13)
    g.binarise()
    return g


def refuse_graph(g, tmp_path, pattern, kind="float"):
    refuse(g.save(tmp_path / "model.onnx"), pattern, kind)
