# SPDX-License-Identifier: BSD-3-Clause
"""Cycle by cycle, when words move through a chain of units with FIFOs between them.

A model of the hardware's handshakes alone: no data, but every stall. It follows the Verilog
register by register where that decides whether a word moves, so that its cycles are the
hardware's, at a thousandth of the time of a simulation of the hardware.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

MATRIX, WIDEN, NARROW, WINDOW, BLOCKS, WHOLE = range(6)
"""Modules xnor_mvau, stream_widen, stream_narrow, stream_window, block_max, stream_window_whole."""

UNBOUNDED = 2**40
"""Depth of a FIFO that is never full."""

_PARAMETERS, _STATES = 14, 11


@dataclass(frozen=True)
class Stage:
    """A module: its kind and the numbers that decide its cycles; see `_step`."""

    kind: int
    parameters: tuple[int, ...]


@dataclass(frozen=True)
class Flow:
    """A run.

    Attributes:
        times: cycle in which each output word left.
        fills: the most words that each FIFO held.
    """

    times: Integers
    fills: Integers


def run_chain(
    units: Sequence[Sequence[Stage]], depths: Sequence[int], arrivals: Integers, outputs: int
) -> Flow:
    """Send words through FIFO, unit, FIFO, ..., unit, FIFO, to a sink that never waits.

    Args:
        units: each unit's stages, directly behind each other.
        depths: of the FIFOs, one more than units.
        arrivals: cycle from which on each input word is offered, one word after the other.
        outputs: number of words that leave.
    """
    stages = [stage for unit in units for stage in unit]
    parameters = np.zeros((len(stages), _PARAMETERS), dtype=np.int64)
    for row, stage in zip(parameters, stages, strict=True):
        row[: len(stage.parameters)] = stage.parameters
    kinds = np.array([stage.kind for stage in stages], dtype=np.int64)
    # The FIFO in front of each stage, or -1 within a unit.
    fifos = [index if first else -1 for index, unit in enumerate(units)
             for first in (True, *[False] * (len(unit) - 1))]  # fmt: skip
    times, fills = _run(
        kinds, parameters, np.array(fifos, dtype=np.int64), np.array(depths, dtype=np.int64),
        arrivals.astype(np.int64), outputs,
    )  # fmt: skip
    return Flow(times, fills)


def unit_times(stages: Sequence[Stage], arrivals: Integers, outputs: int) -> Integers:
    """Return the cycle of each output word of a unit alone; see run_chain."""
    if not stages:
        return arrivals
    # A FIFO passes a word on in the cycle after it came.
    return run_chain([stages], [UNBOUNDED] * 2, arrivals, outputs).times - 2


@numba.njit(cache=True)
def _run(
    kinds: Integers, parameters: Integers, fifos: Integers, depths: Integers, arrivals: Integers,
    outputs: int,
) -> tuple[Integers, Integers]:  # fmt: skip
    """See run_chain."""
    stages = len(kinds)
    states = np.zeros((stages, _STATES), dtype=np.int64)
    for stage in range(stages):
        states[stage, 4] = kinds[stage] == MATRIX  # it loads
    counts = np.zeros(len(depths), dtype=np.int64)
    changes = np.zeros(len(depths), dtype=np.int64)
    fills = np.zeros(len(depths), dtype=np.int64)
    times = np.zeros(outputs, dtype=np.int64)
    sent = left = cycle = 0
    while left < outputs:
        changes[:] = 0
        if counts[-1] > 0:
            changes[-1] -= 1
            times[left] = cycle
            left += 1
        ready, behind = counts[-1] < depths[-1], len(depths) - 1
        for stage in range(stages - 1, -1, -1):
            fifo = fifos[stage]
            given = states[stage, 0] == 1 and ready
            valid = counts[fifo] > 0 if fifo >= 0 else states[stage - 1, 0] == 1
            taken = _step(kinds[stage], parameters[stage], states[stage], valid, ready)
            if behind >= 0 and given:
                changes[behind] += 1
            if fifo >= 0 and taken:
                changes[fifo] -= 1
            ready = counts[fifo] < depths[fifo] if fifo >= 0 else taken
            behind = fifo
        if sent < len(arrivals) and arrivals[sent] <= cycle and ready:
            changes[0] += 1
            sent += 1
        counts += changes
        fills = np.maximum(fills, counts)
        cycle += 1
    return times, fills


@numba.njit(cache=True)
def _step(kind: int, p: Integers, s: Integers, valid: bool, ready: bool) -> bool:
    """Advance a stage by a cycle; return whether it takes an input word.

    s[0] is its valid_o; `valid` is its valid_i, `ready` its ready_i.
    """
    if kind == MATRIX:
        return _matrix(p, s, valid, ready)
    if kind == WIDEN:
        last = s[1] == p[0] - 1
        taken = valid and not (last and s[0] == 1)
        if taken and last:
            s[0] = 1
        elif ready:
            s[0] = 0
        if taken:
            s[1] = 0 if last else s[1] + 1
        return taken
    if kind == NARROW:
        last = s[1] == p[0] - 1
        accepts = s[0] == 0 or (last and ready)
        if s[0] == 1 and ready:
            s[1] = 0 if last else s[1] + 1
        if accepts:
            s[0] = valid
        return accepts and valid
    if kind == WINDOW:
        return _window(p, s, valid, ready)
    if kind == WHOLE:
        return _whole(p, s, valid, ready)
    return _blocks(p, s, valid, ready)


@numba.njit(cache=True)
def _matrix(p: Integers, s: Integers, valid: bool, ready: bool) -> bool:
    """p: words and repeats of a vector, cycles from the last word to the result.

    s: valid_q, spare_valid_q, word, repeat, load_q, one bit for each result under way.
    """
    words, repeats, latency = p[0], p[1], p[2]
    result = s[5] >> (latency - 1) & 1
    moves = s[1] == 0 if words == 1 else not (result == 1 and s[0] == 1)
    if words == 1:  # output_register with EveryCycle
        if s[0] == 0 or ready:
            s[0] = result | s[1]
            s[1] = 0
        elif result == 1 and moves:
            s[1] = 1
    elif result == 1 and moves:
        s[0] = 1
    elif ready:
        s[0] = 0
    if not moves:
        return False
    taken = valid and s[4] == 1
    done = 0
    if taken or s[4] == 0:
        s[2] += 1
        if s[2] == words:
            s[2], done = 0, 1
            s[3] = 0 if s[3] == repeats - 1 else s[3] + 1
            s[4] = s[3] == 0
    s[5] = (s[5] << 1 | done) & ((1 << latency) - 1)
    return taken


@numba.njit(cache=True)
def _window(p: Integers, s: Integers, valid: bool, ready: bool) -> bool:
    """p: rows, columns, folds, kernel, strides, corner and size of the image inside, ring.

    s: valid_q, words written, word read, first word of the window; within an image and a window
    the word written, and the word, kernel row, column and row of the one read; images before.
    """
    rows, columns, folds = p[0], p[1], p[2]
    place = s[4] // folds
    y, x = place // columns - p[7], place % columns - p[8]
    inside = 0 <= y < p[9] and 0 <= x < p[10]
    room = s[1] - s[3] < p[11]
    write = room and (valid or not (inside or s[4] == 0))
    if s[1] > s[2] and (s[0] == 0 or ready):
        s[0] = 1
        s[5] += 1
        s[2] += 1
        if s[5] == p[4] * folds:
            s[5] = 0
            s[6] += 1
            s[2] += (columns - p[4]) * folds
            if s[6] == p[3]:
                s[6] = 0
                s[7] += 1
                if s[7] > (columns - p[4]) // p[6]:
                    s[7] = 0
                    s[8] += 1
                    if s[8] > (rows - p[3]) // p[5]:
                        s[8] = 0
                        s[9] += 1
                s[3] = ((s[9] * rows + s[8] * p[5]) * columns + s[7] * p[6]) * folds
                s[2] = s[3]
    elif ready:
        s[0] = 0
    if write:
        s[1] += 1
        s[4] = 0 if s[4] == rows * columns * folds - 1 else s[4] + 1
    return write and inside


@numba.njit(cache=True)
def _whole(p: Integers, s: Integers, valid: bool, ready: bool) -> bool:
    """p: rows, columns, folds, kernel, strides, corner and size of the image inside.

    s: valid_q, word within the framed image.
    """
    place = s[1] // p[2]
    row, column = place // p[1], place % p[1]
    inside = 0 <= row - p[7] < p[9] and 0 <= column - p[8] < p[10]
    step = (valid or not (inside or s[1] == 0)) and (s[0] == 0 or ready)
    if step:
        y, x = row + 1 - p[3], column + 1 - p[4]
        s[0] = y >= 0 and x >= 0 and y % p[5] == 0 and x % p[6] == 0
        s[1] = 0 if s[1] == p[0] * p[1] * p[2] - 1 else s[1] + 1
    elif ready:
        s[0] = 0
    return step and inside


@numba.njit(cache=True)
def _blocks(p: Integers, s: Integers, valid: bool, ready: bool) -> bool:
    """p: height, width, folds, kernel, strides. s: valid_q, word within the image."""
    place = s[1] // p[2]
    y, x = place // p[1], place % p[1]
    last = y % p[5] == p[3] - 1 and x % p[6] == p[4] - 1
    taken = valid and (not last or s[0] == 0 or ready)
    if taken and last:
        s[0] = 1
    elif ready:
        s[0] = 0
    if taken:
        s[1] = 0 if s[1] == p[0] * p[1] * p[2] - 1 else s[1] + 1
    return taken
