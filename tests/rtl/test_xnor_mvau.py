# SPDX-License-Identifier: BSD-3-Clause
"""xnor_mvau against numpy: values, cycles per vector, and the latency law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hw_bnn.tools.simulator import StreamSimulator

pytestmark = pytest.mark.rtl

VECTORS = 5


@dataclass(frozen=True)
class Case:
    """One parameter set of the unit."""

    synapse_fold: int
    simd: int
    neuron_fold: int
    pe: int
    threshold: bool

    @property
    def width(self) -> int:
        return self.synapse_fold * self.simd

    @property
    def height(self) -> int:
        return self.neuron_fold * self.pe


def pack(fields: NDArray[np.int64], bits: int) -> list[int]:
    """Rows of fields to integers, the first field in the lowest bits."""
    return [sum(int(v) << (bits * i) for i, v in enumerate(row)) for row in fields]


def to_beats(bits: NDArray[np.int64]) -> NDArray[np.uint8]:
    """[words, lanes] of bits to beats padded to whole bytes."""
    return np.packbits(bits.astype(np.uint8), axis=1, bitorder="little")


def write_memory(path: Path, words: list[int]) -> None:
    path.write_text("".join(f"{word:x}\n" for word in words))


def check(case: Case, bench: Callable[..., StreamSimulator], seed: int) -> None:
    rng = np.random.default_rng(seed)
    width, height = case.width, case.height
    acc_bits, threshold_bits = width.bit_length(), (width + 1).bit_length()
    result_bits = 1 if case.threshold else acc_bits
    simulator = bench(
        "xnor_mvau",
        {
            "MatrixW": width, "MatrixH": height, "Pe": case.pe, "Simd": case.simd,
            "Threshold": f"1'b{int(case.threshold)}",
            "WeightFile": '"w.mem"', "ThresholdFile": '"t.mem"',
        },
        case.simd,
        case.pe * result_bits,
    )  # fmt: skip
    weights = rng.integers(0, 2, (height, width))
    vectors = rng.integers(0, 2, (VECTORS, width))
    vectors[0] = weights[0]  # reaches P = MatrixW
    counts = (vectors[:, None, :] == weights[None]).sum(2)
    # Thresholds at the sums themselves (ties) and one above, and the constants 0 and MatrixW+1.
    thresholds = counts[rng.integers(0, VECTORS, height), np.arange(height)]
    thresholds = thresholds + rng.integers(0, 2, height)
    thresholds[rng.random(height) < 0.1] = 0
    thresholds[rng.random(height) < 0.1] = width + 1
    expected = (counts >= thresholds).astype(np.int64) if case.threshold else counts

    folded = weights.reshape(case.neuron_fold, case.pe, case.synapse_fold, case.simd)
    words = folded.transpose(0, 2, 1, 3).reshape(-1, case.pe * case.simd)
    write_memory(simulator.data_dir / "w.mem", pack(words, 1))
    write_memory(
        simulator.data_dir / "t.mem", pack(thresholds.reshape(-1, case.pe), threshold_bits)
    )
    beats = to_beats(vectors.reshape(-1, case.simd))
    lanes = expected.reshape(-1, case.pe)
    bits = (lanes[:, :, None] >> np.arange(result_bits)) & 1
    answer = to_beats(bits.reshape(len(lanes), -1))

    fast = simulator.run(beats, len(answer), seed=seed)
    np.testing.assert_array_equal(fast.outputs, answer)
    folds = case.synapse_fold * case.neuron_fold
    latency = case.synapse_fold + (3 if case.neuron_fold == 1 else 4)
    steps = np.arange(len(answer)) * case.synapse_fold
    np.testing.assert_array_equal(fast.out_cycles - fast.in_cycles[0], latency + steps)
    # The first word of each vector: exactly one vector every SF*NF cycles.
    np.testing.assert_array_equal(np.diff(fast.in_cycles[:: case.synapse_fold]), folds)

    for idle, backpressure in ((0.5, 0.0), (0.0, 0.6), (0.4, 0.4)):
        slow = simulator.run(
            beats, len(answer), idle=idle, backpressure=backpressure, seed=seed + 1
        )
        np.testing.assert_array_equal(slow.outputs, answer)


CORNERS = [
    Case(1, 1, 1, 1, True),
    Case(1, 7, 1, 3, False),  # everything in one cycle
    Case(1, 9, 4, 2, True),  # no synapse folding
    Case(5, 3, 1, 4, True),  # no neuron folding, fold not a power of two
    Case(9, 1, 3, 1, False),  # one lane
    Case(4, 8, 12, 2, True),  # thresholds deeper than the logic form
    Case(16, 49, 4, 16, True),  # first layer of a 784-64 network, 64 cycles per vector
]


@pytest.mark.parametrize("case", CORNERS, ids=str)
def test_corner(case: Case, bench: Callable[..., StreamSimulator]) -> None:
    check(case, bench, seed=1)


@given(
    case=st.builds(
        Case,
        synapse_fold=st.integers(1, 7),
        simd=st.integers(1, 40),
        neuron_fold=st.integers(1, 10),
        pe=st.integers(1, 6),
        threshold=st.booleans(),
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
