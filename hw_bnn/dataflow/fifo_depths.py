# SPDX-License-Identifier: BSD-3-Clause
"""FIFO depths: as few words as keep the pace of unbounded FIFOs, found with the chain's model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hw_bnn.dataflow import cycles
from hw_bnn.dataflow.chain import UNBOUNDED
from hw_bnn.dataflow.cycles import run_images

if TYPE_CHECKING:
    from hw_bnn.dataflow.operators.library import LibraryOp

IMAGES = 4
"""Images sent through to see the pace; the first ones fill the units."""

SMALLEST = 2
"""A FIFO of one word would halve the pace."""


def fifo_depths(operators: Sequence[LibraryOp]) -> dict[str, int]:
    """Return a depth for each FIFO of a chain, by node name.

    One after the other, the dearest first, each FIFO is made as short as the pace allows, while
    those still to come are unbounded.
    """
    fifos = [operator for operator in operators if not operator.stages()]
    free = run_images(operators, [UNBOUNDED] * len(fifos), IMAGES)
    costs = [int(fill * _width(fifo)) for fifo, fill in zip(fifos, free.fills, strict=True)]
    images = IMAGES
    while True:
        depths = [UNBOUNDED] * len(fifos)
        for index in sorted(range(len(fifos)), key=lambda i: -costs[i]):

            def fast(depth: int, index: int = index) -> bool:
                tried = [*depths[:index], depth, *depths[index + 1 :]]  # noqa: B023
                return run_images(operators, tried, images).pace <= free.pace  # noqa: B023

            depths[index] = _least(fast)
        if run_images(operators, depths, cycles.IMAGES).pace <= free.pace:
            return {fifo.onnx_node.name: depth for fifo, depth in zip(fifos, depths, strict=True)}
        images *= 2


def _width(fifo: Any) -> int:
    return int(fifo.get_instream_width())


def _least(suits: Callable[[int], bool]) -> int:
    """Return the least depth that suits; every larger one does."""
    high = SMALLEST
    while not suits(high):
        high *= 2
    low = high // 2 if high > SMALLEST else SMALLEST - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suits(middle) else (middle, high)
    return high
