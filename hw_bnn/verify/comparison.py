# SPDX-License-Identifier: BSD-3-Clause
"""The stages of one build on the same images, chunk by chunk."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.build.accelerator import Accelerator, Stalls
from hw_bnn.build.netlist import Netlist
from hw_bnn.build.steps import SELECT_LABEL
from hw_bnn.dataflow.values import LABEL
from hw_bnn.export.integer import code_scales
from hw_bnn.export.model import load_model
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from hw_bnn.progress import ignore
from hw_bnn.verify.boundaries import Boundary, Values, boundaries
from hw_bnn.verify.dataflow import graph_stages
from hw_bnn.verify.hardware import Simulated
from hw_bnn.verify.stages import (
    AsGiven,
    Observed,
    Run,
    Stage,
    chunk_images,
    golden_values,
    units,
)
from hw_bnn.verify.tally import Tally
from hw_bnn.verify.ties import Ties

if TYPE_CHECKING:
    from torch import nn

    from hw_bnn.build.folder import BuildFolder
    from hw_bnn.progress import Advance, Progress

TRAINED, SOURCE, FILE, RTL, NETLIST = "trained model", "QONNX", "QONNX file", "RTL", "netlist"
_ACCURACY = {TRAINED: "trained", SOURCE: "qonnx", "golden": "golden", RTL: "rtl"}
"""Stages whose accuracy stands in the report, and under which name."""

FILE_IMAGES = 100
"""The source's file is executed image by image: so many at most."""

GRAPH_IMAGES = 400
"""FINN+'s graph is executed after every step: so many images at most before the last."""

STALLS = Stalls(idle=0.3, backpressure=0.3, seed=1)
"""Random pauses of a second simulation."""

STALLED_IMAGES = 1000

_LABELS = Boundary(LABEL, (1,), (1,), None)
"""Last boundary of an accelerator with label select; other stages take the largest output."""


class Comparison:
    """What is compared.

    Attributes:
        images: prepared for the golden executor.
    """

    def __init__(
        self, folder: BuildFolder, images: npt.NDArray[Any], trained: nn.Module | None
    ) -> None:
        """Read the models of a build; see hw_bnn.verify.verify."""
        self.folder, self._steps = folder, folder.read_report(unchanged=False)["steps"]
        self.source = read_network(load_model(folder.source))
        integer = read_network(load_model(folder.integer))
        self.golden = Golden(integer.model)
        self.images = self.golden.prepare(images)
        layers = boundaries(integer)
        self.boundaries = [*layers, _LABELS] if SELECT_LABEL in self._steps else layers
        self._scales = code_scales(integer.model)
        source_units = units(self.source, self._scales)
        self._observed = Observed(self.source, source_units)
        self._integer = Observed(integer, [1.0] * len(source_units))
        self._ties = None
        if trained is not None:
            from hw_bnn.verify.trained import Trained

            self._ties = Ties(Trained(trained, layers, source_units), self.source, self._levels())

    def run(
        self,
        labels: npt.NDArray[np.int64] | None,
        rtl_images: int,
        netlist_images: int,
        progress: Progress,
    ) -> dict[str, Any]:
        """Compare; return the report's parts; see hw_bnn.verify.verify."""
        rtl = Accelerator(self.folder.rtl, unchanged=False)
        stages = [*self._software(), *self._graphs()]
        stages += self._hardware(RTL, rtl, rtl_images or len(self.images), progress)
        if netlist_images:
            stages += self._hardware(NETLIST, Netlist(self.folder), netlist_images, progress)
        if self.boundaries[-1] is _LABELS:
            count = len(self.boundaries)
            stages = [dataclasses.replace(s, run=_labelled(s.run, count)) for s in stages]
        work = sum(stage.samples for stage in stages)
        with progress.step(f"verify: {len(stages)} stages", work) as advance:
            chunk = chunk_images(self.source.model)
            tallies, correct = compare(stages, self.boundaries, chunk, labels, advance)
        rows = [tally.row() for tally in tallies.values()]
        points: list[dict[str, Any]] = []
        if self._ties is not None:
            points, rows[0]["ties"] = self._ties.explain()
        accuracy = {
            _ACCURACY[stage.name]: {
                "correct": correct[stage.name],
                "images": stage.samples,
                "accuracy": correct[stage.name] / stage.samples,
            }
            for stage in stages
            if labels is not None and stage.name in _ACCURACY
        }
        return {"bit_exact": rows, "accuracy": accuracy, "ambiguous": points}

    def _software(self) -> Iterator[Stage]:
        images, count = self.images, len(self.images)
        if self._ties is not None:
            yield from with_trained(self._ties, self._observed, images)
        else:
            yield Stage(SOURCE, None, count, lambda i, j: self._observed.run(images[i:j]))
        given, few = AsGiven(self.folder.source), images[:FILE_IMAGES]
        unseen = [None] * (len(self.golden.layers) + 1)
        yield Stage(FILE, SOURCE, len(few), lambda i, j: [*unseen, given.run(few[i:j])])
        yield Stage("integer QONNX", SOURCE, count, lambda i, j: self._integer.run(images[i:j]))
        yield Stage("golden", SOURCE, count, lambda i, j: golden_values(self.golden, images[i:j]))

    def _graphs(self) -> Iterator[Stage]:
        *before, last = graph_stages(self.folder, self.golden, self.images, self._steps)
        for step, run in before:
            yield Stage(f"FINN+ {step}", SOURCE, min(GRAPH_IMAGES, len(self.images)), run)
        yield Stage(f"FINN+ {last[0]}", SOURCE, len(self.images), last[1])

    def _hardware(
        self, name: str, accelerator: Accelerator, count: int, progress: Progress
    ) -> Iterator[Stage]:
        paused = f"{name} with random pauses"
        for stage, stalls, most in ((name, None, count), (paused, STALLS, STALLED_IMAGES)):
            images = self.images[: min(count, most)]
            with progress.step(f"verify: simulation, {stage}", len(images)) as advance:
                run = Simulated(accelerator, self.golden, images, stalls, advance)
            yield Stage(stage, SOURCE, len(images), run)

    def _levels(self) -> list[Any]:
        """Return the levels that each layer of the source reads."""
        hidden = [layer.activation for layer in self.golden.layers if layer.activation is not None]
        levels = [self.golden.head.levels, *(activation.levels for activation in hidden)]
        pairs = zip(levels, self._scales, strict=True)
        return [dataclasses.replace(each, scale=scale) for each, scale in pairs]


def compare(
    stages: Sequence[Stage],
    boundaries: Sequence[Boundary],
    chunk: int,
    labels: npt.NDArray[np.int64] | None = None,
    advance: Advance = ignore,
) -> tuple[dict[str, Tally], dict[str, int]]:
    """Run stages on the same images and compare each with its reference.

    Args:
        stages: in the order of the flow, references first; no reference has fewer samples.
        boundaries: of the network.
        chunk: so many images at a time.
        labels: [N] classes.
        advance: called with the images that a stage has done.

    Returns:
        The tallies of the stages that have a reference; how many images each stage got right.
    """
    tallies = {
        stage.name: Tally(stage.name, stage.reference, boundaries)
        for stage in stages
        if stage.reference is not None
    }
    references = {tally.reference for tally in tallies.values()}
    correct = dict.fromkeys((stage.name for stage in stages), 0)
    for start in range(0, max(stage.samples for stage in stages), chunk):
        kept: dict[str, Values] = {}
        for stage in stages:
            stop = min(start + chunk, stage.samples)
            if stop <= start:
                continue
            values = stage.run(start, stop)
            if stage.name in references:
                kept[stage.name] = values
            if stage.reference is not None:
                tallies[stage.name].add(start, values, kept[stage.reference])
            if labels is not None and values[-1] is not None:
                found = values[-1] if boundaries[-1] is _LABELS else _labels(values[-1])
                correct[stage.name] += int((found[:, 0] == labels[start:stop]).sum())
            advance(stop - start)
    return tallies, correct


def with_trained(
    ties: Ties, source: Observed, images: npt.NDArray[np.float32]
) -> tuple[Stage, Stage]:
    """Return the trained network and the source as stages; `ties` is told where they differ."""
    last: list[Values] = []

    def run_trained(start: int, stop: int) -> Values:
        last[:] = [ties.trained.run(images[start:stop])]
        return last[0]

    def run_source(start: int, stop: int) -> Values:
        values = source.run(images[start:stop])
        pairs = zip(values, last[0], strict=True)
        if any(b is not None and not np.array_equal(a, b) for a, b in pairs):
            ties.add(start, images[start:stop], values)
        return values

    count = len(images)
    return Stage(TRAINED, None, count, run_trained), Stage(SOURCE, TRAINED, count, run_source)


def _labelled(run: Run, boundaries: int) -> Run:
    """Append labels to what a stage has at fewer boundaries than all: they end with the outputs."""

    def labelled(start: int, stop: int) -> Values:
        values = run(start, stop)
        outputs = values[-1]
        if len(values) == boundaries or outputs is None:
            return values
        return [*values, _labels(outputs).astype(np.float32)]

    return labelled


def _labels(outputs: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """[N, ...] -> [N, 1]: the class of the largest output, the first of equal ones."""
    return np.asarray(outputs.reshape(len(outputs), -1).argmax(axis=1, keepdims=True))
