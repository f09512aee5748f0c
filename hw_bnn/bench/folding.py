# SPDX-License-Identifier: BSD-3-Clause
"""The exact solver's foldings beside those of FINN+'s SetFolding, by the same resource model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hw_bnn.tools.caching import cache_folder

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.dataflow.choose_folding import Units
    from hw_bnn.dataflow.folding import Folding
    from hw_bnn.progress import Progress

_CNV = ((64, 64), (128, 128), (256, 256))
_VGG = ((128, 128), (256, 256), (512, 512))


def networks() -> dict[str, tuple[Callable[[], ModelWrapper], tuple[int, ...]]]:
    """Return graphs by name, each with targets in cycles an image."""
    from hw_bnn.bench.folding_networks import convolutions, perceptron

    def reduced(parts: tuple[tuple[int, ...], ...], by: int) -> list[list[int]]:
        return [[width // by for width in widths] for widths in parts]

    return {
        "TFC": (lambda: perceptron([784, 64, 64, 64, 10]), (16, 64, 1000)),
        "SFC": (lambda: perceptron([784, 256, 256, 256, 10]), (64, 256, 1000)),
        "LFC": (lambda: perceptron([784, 1024, 1024, 1024, 10]), (256, 1000, 8192)),
        "LFC/2": (lambda: perceptron([784, 512, 512, 512, 10]), (128, 1000, 5000)),
        "CNV": (lambda: convolutions(_CNV, [512, 512]), (4000, 9130, 32768, 100_000)),
        "CNV/2": (lambda: convolutions(reduced(_CNV, 2), [256, 256]), (4000, 32768)),
        "CNV/4": (lambda: convolutions(reduced(_CNV, 4), [128, 128]), (2000, 16_384)),
        "CNV, padded": (
            lambda: convolutions(_CNV, [512, 512], padding=1, final_pool=True),
            (5000, 40_000),
        ),
        "VGG-small": (
            lambda: convolutions(_VGG, [], padding=1, final_pool=True),
            (10_000, 50_000, 200_000),
        ),
        "VGG-small/4": (
            lambda: convolutions(reduced(_VGG, 4), [], padding=1, final_pool=True),
            (5000, 50_000),
        ),
    }


def folding(progress: Progress) -> dict[str, Any]:
    """Fold every network for every target.

    Where SetFolding misses a target, both are compared at the cycles that it reached.

    Returns:
        `rows` with `network`, `target`, `compared_at`, `design` ("hw_bnn" or "SetFolding"),
        `cycles` of the slowest unit, `lut` and `bram36` by the resource model, and for ours
        `baseline` and `ratio`, our look-up tables to theirs; `foldings` in the same order.
    """
    from hw_bnn.bench.set_folding import set_folding
    from hw_bnn.dataflow import engine
    from hw_bnn.dataflow.choose_folding import folding_of, units
    from hw_bnn.dataflow.solver import least_cost

    engine.start(cache_folder("finn"))
    rows, foldings = [], []
    cases = networks()
    with progress.step("foldings", sum(len(targets) for _, targets in cases.values())) as advance:
        for network, (make, targets) in cases.items():
            model = make()
            graph = units(model)
            for target in targets:
                found = set_folding(model, target)
                theirs = _row("SetFolding", graph, found)
                compared_at = max(target, theirs["cycles"])
                chosen = folding_of(graph, least_cost(graph.choices, graph.border, compared_at))
                ours = _row("hw_bnn", graph, chosen)
                ours |= {"baseline": "SetFolding", "ratio": round(ours["lut"] / theirs["lut"], 3)}
                case = {"network": network, "target": target, "compared_at": compared_at}
                rows += [case | ours, case | theirs]
                foldings += [chosen, found]
                advance()
    return {"rows": rows, "foldings": foldings}


def _row(design: str, graph: Units, chosen: Folding) -> dict[str, Any]:
    from hw_bnn.dataflow.solver import total_cost

    choices = [
        next(choice for choice in options if choice.folding == chosen[name])
        for name, options in zip(graph.names, graph.choices, strict=True)
    ]
    cost = total_cost(choices, graph.border)
    cycles = max(choice.cycles for choice in choices)
    return {"design": design, "cycles": cycles, "lut": cost.lut, "bram36": cost.bram18 / 2}
