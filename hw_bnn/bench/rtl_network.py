# SPDX-License-Identifier: BSD-3-Clause
"""One drawn network as RTL: compared with golden behind every layer, and with the cycle model."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.bench.comparison import count, imported, rule_of, start_finn
from hw_bnn.bench.drawn_hardware import draw_hardware, hardware_traits
from hw_bnn.bench.networks import draw
from hw_bnn.bench.study import Outcome
from hw_bnn.build.accelerator import Accelerator, Stalls
from hw_bnn.dataflow.values import LABEL
from hw_bnn.errors import HwBnnError
from hw_bnn.golden import Golden

if TYPE_CHECKING:
    from hw_bnn.build.accelerator import Run

STAGES = ("RTL", "RTL with random pauses")

PAUSES = (0.0, 0.1, 0.3, 0.5, 0.8)
"""Chances per cycle that no input is offered, or no output is taken."""

CYCLES = 200_000
IMAGES = (12, 60)
"""A simulation takes about CYCLES, within these numbers of images."""


@dataclass
class Result(Outcome):
    """What became of one network.

    Attributes:
        compared: for each simulation: boundaries, values compared, values that differ.
        stopped: for each simulation that stopped, why.
        latency: whether the first image leaves in another cycle than in the cycle model.
        pace: whether images follow at other distances than in the cycle model.
    """

    compared: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    latency: bool = False
    pace: bool = False


def check(seed: int, index: int) -> Result:
    """Draw a network and hardware for it; simulate this without pauses and with drawn ones.

    Args:
        seed: of the population; its networks are own layers' in the equivalence study.
        index: of the network in it.

    Raises:
        UnexpectedRefusalError: see hw_bnn.bench.comparison.
    """
    from hw_bnn.build.plan import make_plan, operators, write_plan
    from hw_bnn.dataflow.cycles import run_images

    drawn = draw(seed, 0, index, stock=False)
    rng = np.random.default_rng((*drawn.seed, 2))
    result = Result(index, traits=sorted(drawn.traits))
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name)
        try:
            _, integer = imported(drawn, folder)
            golden = Golden(integer)
        except HwBnnError as error:
            result.refused = rule_of(str(error), drawn)
            return result
        start_finn()
        graph = draw_hardware(integer, golden, rng)
        result.traits = sorted(drawn.traits | hardware_traits(graph))
        write_plan(make_plan(graph), folder / "rtl")
        units = operators(graph)
        depths = [int(unit.get_nodeattr("depth")) for unit in units if not unit.stages()]
        pace = run_images(units, depths, 2).pace
        images = golden.prepare(drawn.images(int(np.clip(CYCLES // pace, *IMAGES))))
        ends = run_images(units, depths, len(images)).ends
        _simulate(result, folder / "rtl", golden, images, ends, _pauses(rng))
    return result


def _pauses(rng: np.random.Generator) -> Stalls:
    """Draw chances of a pause at both ends, or at one alone."""
    options = [pair for pair in itertools.product(PAUSES, repeat=2) if any(pair)]
    idle, backpressure = options[rng.integers(len(options))]
    return Stalls(idle, backpressure, seed=int(rng.integers(2**20)))


def _simulate(
    result: Result,
    rtl: Path,
    golden: Golden,
    images: npt.NDArray[np.float32],
    ends: npt.NDArray[np.int64],
    pauses: Stalls,
) -> None:
    """Fill in a result; `ends` are the cycles in which images leave by the model."""
    accelerator = Accelerator(rtl)
    accelerator.quick = True
    inputs, expected = accelerator.inputs(golden, images), _expected(accelerator, golden, images)
    for stage, stalls in zip(STAGES, (Stalls(seed=pauses.seed), pauses), strict=True):
        try:
            run = accelerator.simulate(inputs, stalls, record=True)
            result.compared[stage] = count(_found(accelerator, run), expected)
        except HwBnnError as error:
            result.stopped[stage] = str(error)
            continue
        if stage == STAGES[0]:
            result.latency = bool(run.latency_cycles != ends[0])
            result.pace = bool(np.any(np.diff(run.image_ends) != np.diff(ends)))


def _expected(
    accelerator: Accelerator, golden: Golden, images: npt.NDArray[np.float32]
) -> list[npt.NDArray[Any]]:
    """Return what golden has where the accelerator can be seen."""
    codes = golden.codes(images)
    values = list(golden.activations(codes))
    if accelerator.streams.quantises:
        values.insert(0, codes)
    if accelerator.streams.output.layer == LABEL:
        values.append(golden.outputs(values[-1]).argmax(axis=1)[:, None])
    return values


def _found(accelerator: Accelerator, run: Run) -> list[npt.NDArray[Any]]:
    layers = range(len(run.taps))
    return [*(accelerator.layer(run, i, 0, len(run.outputs)) for i in layers), run.outputs]
