# SPDX-License-Identifier: BSD-3-Clause
"""Searches over bit matrices for what outputs of a constant layer can share: compiled loops."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

SWAPS_PER_OUTPUT = 400


def groups_of_outputs(columns: NDArray[np.bool_], size: int) -> list[list[int]]:
    """Divide the outputs into groups of about `size`, such that inputs agree within groups.

    Swaps outputs between random groups as long as the sum over all groups of the most frequent
    pattern's frequency does not fall. The same arguments give the same groups.

    Args:
        columns: [inputs, outputs], the weights.
        size: largest group.

    Returns:
        Indices of outputs, by group; the groups' sizes differ by one at most.
    """
    outputs = columns.shape[1]
    number = -(-outputs // size)
    order = np.arange(outputs)
    ends = np.array([outputs * (g + 1) // number for g in range(number)])
    if 1 < size < outputs:
        _swap(np.ascontiguousarray(columns.T), order, ends, SWAPS_PER_OUTPUT * outputs)
    return [sorted(part.tolist()) for part in np.split(order, ends[:-1])]


@njit(cache=True)
def _most_frequent(rows: NDArray[np.bool_], members: NDArray[np.int64]) -> int:
    """Frequency of the most frequent pattern of the given rows."""
    counts = np.zeros(1 << len(members), np.int64)
    best = 0
    for i in range(rows.shape[1]):
        code = 0
        for member in members:
            code = 2 * code + (1 if rows[member, i] else 0)
        counts[code] += 1
        best = max(best, counts[code])
    return best


@njit(cache=True)
def _swap(
    rows: NDArray[np.bool_], order: NDArray[np.int64], ends: NDArray[np.int64], trials: int
) -> None:
    np.random.seed(0)
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
    value = np.empty(len(ends), np.int64)
    for g in range(len(ends)):
        value[g] = _most_frequent(rows, order[starts[g] : ends[g]])
    for _ in range(trials):
        g = np.random.randint(len(ends))
        h = np.random.randint(len(ends))
        if g == h:
            continue
        i = np.random.randint(starts[g], ends[g])
        j = np.random.randint(starts[h], ends[h])
        order[i], order[j] = order[j], order[i]
        of_g = _most_frequent(rows, order[starts[g] : ends[g]])
        of_h = _most_frequent(rows, order[starts[h] : ends[h]])
        if of_g + of_h >= value[g] + value[h]:
            value[g], value[h] = of_g, of_h
        else:
            order[i], order[j] = order[j], order[i]


def shared_triples(
    rows: NDArray[np.bool_], wanted: NDArray[np.int64]
) -> list[list[tuple[int, int, int]]]:
    """Choose disjoint triples of inputs in every row, the same triples in many rows.

    Greedy: a triple that stands in the largest number of rows comes first, and is taken in all of
    them that still want one.

    Args:
        rows: [rows, inputs], the inputs of each row.
        wanted: [rows] triples to choose in each, at most a third of the row's inputs.

    Returns:
        For each row its triples, exactly as many as wanted.
    """
    number, inputs = rows.shape
    words = -(-number // 64)
    packed = np.zeros((inputs, words * 8), np.uint8)
    open_rows = rows & (wanted > 0)[:, None]
    packed[:, : -(-number // 8)] = np.packbits(open_rows.T, axis=1, bitorder="little")
    left = np.zeros(words * 64, np.int64)
    left[:number] = wanted
    found = _greedy(packed.view(np.uint64), left)
    chosen: list[list[tuple[int, int, int]]] = [[] for _ in range(number)]
    for row, i, j, k in found.tolist():
        chosen[row].append((i, j, k))
    return chosen


@njit(cache=True)
def _ones(word: np.uint64) -> int:
    count = 0
    while word:
        word &= word - np.uint64(1)
        count += 1
    return count


@njit(cache=True)
def _common(a: NDArray[np.uint64], b: NDArray[np.uint64], both: NDArray[np.uint64]) -> int:
    count = 0
    for w in range(len(a)):
        both[w] = a[w] & b[w]
        if both[w]:
            count += _ones(both[w])
    return count


@njit(cache=True)
def _greedy(sets: NDArray[np.uint64], left: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows (row, i, j, k); `sets[i]` are the open rows that hold input i and have not used it."""
    inputs, words = sets.shape
    found = np.empty((left.sum(), 4), np.int64)
    size = 0
    pair, three = np.empty(words, np.uint64), np.empty(words, np.uint64)
    most = 0
    for i in range(inputs):
        most = max(most, _common(sets[i], sets[i], pair))
    for least in range(most, 0, -1):
        for i in range(inputs):
            if _common(sets[i], sets[i], pair) < least:
                continue
            for j in range(i + 1, inputs):
                if _common(sets[i], sets[j], pair) < least:
                    continue
                for k in range(j + 1, inputs):
                    if _common(pair, sets[k], three) < least:
                        continue
                    for w in range(words):
                        word = three[w]
                        sets[i, w] &= ~word
                        sets[j, w] &= ~word
                        sets[k, w] &= ~word
                        for b in range(64):
                            if not (word >> np.uint64(b)) & np.uint64(1):
                                continue
                            row = 64 * w + b
                            found[size] = row, i, j, k
                            size += 1
                            left[row] -= 1
                            if left[row] == 0:
                                for z in range(inputs):
                                    sets[z, w] &= ~(np.uint64(1) << np.uint64(b))
                    if _common(sets[i], sets[j], pair) < least:
                        break
    return found[:size]
