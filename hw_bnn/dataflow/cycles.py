# SPDX-License-Identifier: BSD-3-Clause
"""Cycle model of a whole dataflow graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hw_bnn.dataflow.operators.library import LibraryOp


def cycle_model(operators: Sequence[LibraryOp]) -> dict[str, int]:
    """Predict pace and latency of a chain of operators.

    Returns:
        `cycles_per_inference`: those of the slowest operator (FINN's cycle law);
        `latency_cycles`: from the first input word to the last word of the first image, when the
        source offers a word in every cycle and the sink takes one in every cycle.
    """
    slowest = max(int(operator.get_exp_cycles()) for operator in operators)
    words = int(np.prod(operators[0].get_folded_input_shape()[:-1]))
    times = np.arange(words, dtype=np.int64)
    for operator in operators:
        times = operator.output_times(times)
    return {"cycles_per_inference": max(slowest, words), "latency_cycles": int(times[-1])}
