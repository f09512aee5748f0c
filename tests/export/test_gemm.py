# SPDX-License-Identifier: BSD-3-Clause
"""A Gemm's bias: only where the bits do not depend on who adds it, and when."""

from __future__ import annotations

import numpy as np
import pytest
from onnxruntime import InferenceSession

from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import to_integer
from hw_bnn.export.model import load_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from tests.networks import Graph, signs

pytestmark = pytest.mark.filterwarnings("ignore:The GemmToMatMul")


def gemm(tmp_path, taps, bias, transposed, **factors):
    """A model that is nothing but a Gemm on pixels."""
    g = Graph((taps,), batch="N")
    weights = signs(np.random.default_rng(1), taps, len(bias))
    operand = weights.T if transposed else weights
    g.add("Gemm", operand, bias, transB=int(transposed), name="classifier", **factors)
    return g.save(tmp_path / "gemm.onnx", len(bias))


def golden(path):
    return Golden(to_integer(read_network(load_model(path)), InputKind.UINT8))


def exact(path, taps):
    """Whether ONNX runtime gives the golden bits for a batch, and for its images one by one."""
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (200, taps)).astype(np.float32)
    run = InferenceSession(path, providers=["CPUExecutionProvider"]).run
    batch = run(None, {"image": images})[0]
    alone = np.concatenate([run(None, {"image": row[None]})[0] for row in images])
    found = golden(path).run(images)
    return np.array_equal(found, batch) and np.array_equal(found, alone)


@pytest.mark.parametrize("taps", [1, 100, 128])
def test_a_bias_after_one_slice_is_added_once(taps, tmp_path):
    bias = np.random.default_rng(0).normal(size=20).astype(np.float32)
    path = gemm(tmp_path, taps, bias, transposed=True, alpha=0.5, beta=2.0)
    assert exact(path, taps)


@pytest.mark.parametrize("transposed", [False, True])
def test_a_bias_of_few_bits_is_exact_in_any_order(transposed, tmp_path):
    bias = np.random.default_rng(0).integers(-999, 999, 20).astype(np.float32) / 32
    path = gemm(tmp_path, 300, bias, transposed, alpha=0.5)
    assert exact(path, 300)


@pytest.mark.parametrize(("taps", "transposed"), [(3, False), (129, True)])
def test_a_bias_in_an_order_of_its_own_is_refused(taps, transposed, tmp_path):
    bias = np.full(20, 1e-3, dtype=np.float32)
    path = gemm(tmp_path, taps, bias, transposed)
    with pytest.raises(HwBnnError, match=r"node classifier: Gemm .*export .*MatMul and Add") as e:
        golden(path)
    multiple = 2.0 ** int(str(e.value).split("multiples of 2^")[1].split(",")[0])
    assert exact(gemm(tmp_path, taps, np.round(bias / multiple) * multiple, transposed), taps)
