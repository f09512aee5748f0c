# SPDX-License-Identifier: BSD-3-Clause
"""xnor_mvau against numpy: values, cycles per vector, and the latency law.

The parameters, memories and output times are those that the graph's operator gives, so that the
operator is tested too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.custom_op.registry import getCustomOp

from hw_bnn.dataflow import engine
from hw_bnn.tools.simulator import StreamSimulator

pytestmark = pytest.mark.rtl

VECTORS = 5


@dataclass(frozen=True)
class Case:
    """One parameter set of the unit; levels is the number of thresholds."""

    synapse_fold: int
    simd: int
    neuron_fold: int
    pe: int
    levels: int
    bits: int = 1

    @property
    def width(self) -> int:
        return self.synapse_fold * self.simd

    @property
    def height(self) -> int:
        return self.neuron_fold * self.pe


@pytest.fixture(scope="module", autouse=True)
def finn(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine.start(tmp_path_factory.mktemp("finn"))


def operator(case: Case, weights: NDArray[np.int64], thresholds: NDArray[np.int64]) -> Any:
    """The graph's node and the model that holds its constants."""
    node = helper.make_node(
        "XnorMVAU_rtl", ["x", "w", "t"][: 3 if case.levels else 2], ["y"], name="unit",
        domain=engine.RTL_DOMAIN, backend="fpgadataflow", MW=case.width, MH=case.height,
        PE=case.pe, SIMD=case.simd, inputBits=case.bits, numInputVectors=[VECTORS],
        outputBits=max(1, case.levels.bit_length()), noActivation=int(case.levels == 0),
    )  # fmt: skip
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [VECTORS, size])
        for name, size in (("x", case.width), ("y", case.height))
    ]
    model = ModelWrapper(helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:])))
    model.set_initializer("w", weights.T.astype(np.float32))
    if case.levels:
        model.set_initializer("t", thresholds.astype(np.float32))
    return getCustomOp(model.graph.node[0]), model


def to_beats(lanes: NDArray[np.int64], bits: int) -> NDArray[np.uint8]:
    """[words, lanes] of numbers to beats padded to whole bytes."""
    fields = (lanes[:, :, None] >> np.arange(bits)) & 1
    return np.packbits(fields.reshape(len(lanes), -1).astype(np.uint8), axis=1, bitorder="little")


def check(case: Case, bench: Callable[..., StreamSimulator], seed: int, **extra: int) -> None:
    rng = np.random.default_rng(seed)
    width, height, most = case.width, case.height, 2**case.bits - 1
    weights = rng.integers(0, 2, (height, width))
    vectors = rng.integers(0, most + 1, (VECTORS, width))
    vectors[0] = most * weights[0]  # reaches the largest P
    sums = np.where(weights == 1, vectors[:, None, :], most - vectors[:, None, :]).sum(2)
    # Thresholds at the sums themselves (ties), one above, and the constants 0 and "never".
    thresholds = rng.choice(sums.reshape(-1), (height, case.levels))
    if case.levels:
        thresholds[:, 0] = sums[rng.integers(0, VECTORS, height), np.arange(height)]
    thresholds += rng.integers(0, 2, thresholds.shape)
    thresholds[rng.random(thresholds.shape) < 0.1] = 0
    thresholds[rng.random(thresholds.shape) < 0.1] = most * width + 1
    expected = (sums[:, :, None] >= thresholds).sum(2) if case.levels else sums

    node, model = operator(case, weights, thresholds)
    unit = node.unit(model)
    values = {
        key: f'"{value}"' if isinstance(value, str) else value
        for key, value in unit.parameters.items()
    }
    simulator = bench(unit.module, values | extra, unit.in_bits, unit.out_bits)
    for name, content in unit.memories.items():
        (simulator.data_dir / name).write_text(content)
    beats = to_beats(vectors.reshape(-1, case.simd), case.bits)
    answer = to_beats(expected.reshape(-1, case.pe), unit.out_bits // case.pe)

    fast = simulator.run(beats, len(answer), seed=seed)
    np.testing.assert_array_equal(fast.outputs, answer)
    if not extra:
        times = node.output_times(fast.in_cycles)
        np.testing.assert_array_equal(fast.out_cycles, times)
    # The first word of each vector: exactly one vector every SF*NF cycles.
    folds = case.synapse_fold * case.neuron_fold
    np.testing.assert_array_equal(np.diff(fast.in_cycles[:: case.synapse_fold]), folds)

    for idle, backpressure in ((0.5, 0.0), (0.0, 0.6), (0.4, 0.4)):
        slow = simulator.run(
            beats, len(answer), idle=idle, backpressure=backpressure, seed=seed + 1
        )
        np.testing.assert_array_equal(slow.outputs, answer)
    late = simulator.run(beats, len(answer), idle=0.5, seed=seed)
    if not extra:
        np.testing.assert_array_equal(late.out_cycles, node.output_times(late.in_cycles))


CORNERS = [
    Case(1, 1, 1, 1, levels=1),
    Case(1, 7, 1, 3, levels=0),  # everything in one cycle
    Case(1, 9, 4, 2, levels=1),  # no synapse folding
    Case(5, 3, 1, 4, levels=1),  # no neuron folding, fold not a power of two
    Case(9, 1, 3, 1, levels=0),  # one lane
    Case(16, 49, 4, 16, levels=1),  # first layer of a 784-64 network, weights in block RAM
    Case(2, 128, 2, 2, levels=1),  # a deep compressor
    Case(27, 2, 20, 1, levels=1),  # more weight words than a block RAM has
    Case(4, 9, 3, 2, levels=3, bits=2),  # a step per threshold
    Case(3, 5, 2, 2, levels=15, bits=4),  # several thresholds in a step
    Case(1, 27, 2, 3, levels=3, bits=8),  # all thresholds at once
    Case(3, 20, 2, 2, levels=0, bits=8),
    Case(2, 6, 3, 2, levels=1, bits=3),
]


@pytest.mark.parametrize("case", CORNERS, ids=str)
def test_corner(case: Case, bench: Callable[..., StreamSimulator]) -> None:
    check(case, bench, seed=1)


@pytest.mark.parametrize("extra", [{"StagesPerRegister": 2}, {"Xilinx": 0}], ids=str)
def test_parameter(extra: dict[str, int], bench: Callable[..., StreamSimulator]) -> None:
    check(Case(2, 40, 2, 2, levels=1, bits=2), bench, seed=3, **extra)


@given(
    case=st.builds(
        Case,
        synapse_fold=st.integers(1, 7),
        simd=st.integers(1, 40),
        neuron_fold=st.integers(1, 10),
        pe=st.integers(1, 6),
        levels=st.sampled_from([0, 1, 1, 2, 3, 7]),
        bits=st.sampled_from([1, 1, 2, 3, 5]),
    ),
    seed=st.integers(0, 1000),
)
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a failing case is small enough, and each costs seconds
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_any_folding(case: Case, seed: int, bench: Callable[..., StreamSimulator]) -> None:
    check(case, bench, seed)
