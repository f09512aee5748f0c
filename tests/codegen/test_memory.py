# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hw_bnn.codegen.memory import hex_lines, threshold_words, weight_words


def divisor(draw, number):
    return draw(st.sampled_from([d for d in range(1, number + 1) if number % d == 0]))


@st.composite
def folded(draw):
    inputs, outputs = draw(st.integers(1, 24)), draw(st.integers(1, 18))
    seed = draw(st.integers(0, 2**32 - 1))
    return inputs, outputs, divisor(draw, outputs), divisor(draw, inputs), seed


@settings(max_examples=60, deadline=None)
@given(case=folded())
def test_weights_lie_where_the_unit_looks_for_them(case):
    """Word n*SF+s, bit p*SIMD+i: weight of output n*PE+p for input s*SIMD+i."""
    inputs, outputs, pe, simd, seed = case
    weights = np.random.default_rng(seed).integers(0, 2, (inputs, outputs)).astype(np.int8)
    lines = hex_lines(weight_words(weights, pe, simd)).splitlines()
    folds = inputs // simd
    assert len(lines) == outputs // pe * folds
    for output in range(outputs):
        for tap in range(inputs):
            word = int(lines[output // pe * folds + tap // simd], 16)
            bit = output % pe * simd + tap % simd
            assert word >> bit & 1 == weights[tap, output]


@settings(max_examples=60, deadline=None)
@given(case=folded())
def test_thresholds_lie_where_the_unit_looks_for_them(case):
    inputs, outputs, pe, _, seed = case
    bits = (inputs + 1).bit_length()
    thresholds = np.random.default_rng(seed).integers(0, inputs + 2, outputs)
    lines = hex_lines(threshold_words(thresholds, pe, bits)).splitlines()
    assert len(lines) == outputs // pe
    for output, threshold in enumerate(thresholds):
        word = int(lines[output // pe], 16)
        assert word >> output % pe * bits & (1 << bits) - 1 == threshold


@given(st.lists(st.integers(0, 2**70 - 1), min_size=1, max_size=9), st.integers(70, 80))
def test_hex_lines_are_what_readmemh_reads(values, bits):
    words = np.array([[value >> bit & 1 for bit in range(bits)] for value in values], dtype=bool)
    text = hex_lines(words)
    assert text.endswith("\n")
    lines = text.splitlines()
    assert [int(line, 16) for line in lines] == values
    assert {len(line) for line in lines} == {-(-bits // 4)}
