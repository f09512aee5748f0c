# SPDX-License-Identifier: BSD-3-Clause
"""Unrolled layers with constant weights beside da4ml's, in one yosys flow."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hw_bnn import files
from hw_bnn.bench.counting import counted
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from hw_bnn.codegen.constant import ConstantLayer
    from hw_bnn.progress import Progress

CASES = (((256, 64), 0, ("generated", "as built", "da4ml")),
         ((784, 64, 64, 64, 10), 5, ("generated", "as built", "da4ml")))  # fmt: skip
"""Sizes of the layers, pipeline stages, designs. "as built" is what is generated with the stages
that a build gives it, so that paths stay short; its look-up tables as shift registers count."""
OURS = ("generated", "as built")
VECTORS = 2000


@dataclass(frozen=True)
class _Design:
    """Verilog of a design.

    Attributes:
        files: name -> text.
        top: module that is synthesised.
        unit: text of the stream unit `unit` around it, for simulation.
        figures: what making it took.
    """

    files: dict[str, str]
    top: str
    unit: str
    figures: dict[str, float]


def constant(progress: Progress) -> list[dict[str, Any]]:
    """Measure every design of every network in CASES.

    All go through the same script of yosys, with abc as mapper, which ends on large logic where
    abc9 does not. Figures of synthesis stay in the user's cache under a digest of the design: a
    run that was interrupted goes on. Every design is simulated on random inputs and corners.

    Returns:
        Rows with `network`, `design`, `stages`, the figures of `counted`, `lc_per_synapse`,
        `generate_seconds`, `mismatches` of `values`, and for our designs `baselines` with ratios
        of look-up tables, as logic and as shift registers. Where da4ml is not to be had, its row
        has `unavailable`.

    Raises:
        HwBnnError: if a design differs from integer arithmetic.
    """
    from hw_bnn.bench.constant_designs import drawn
    from hw_bnn.codegen.constant_stream import stages_for

    rows: list[dict[str, Any]] = []
    total = sum(len(designs) for _, _, designs in CASES)
    with progress.step("benchmark: constant layers", total) as advance:
        for sizes, stages, designs in CASES:
            network = "-".join(map(str, sizes))
            layers = drawn(sizes)
            for design in designs:
                given = stages_for(layers) if design == "as built" else stages
                row = {"network": network, "design": design, "stages": given}
                rows.append(row | _measured(_MAKERS[design], layers, given, f"{network} {design}"))
                advance()
    for row in rows:
        if row["design"] in OURS:
            row["baselines"] = [
                {"baseline": other["design"], "ratio": _ratio(row, other, "lc"),
                 "ratio_of_sites": _ratio(row, other, "sites")}
                for other in rows
                if other["network"] == row["network"] and other["design"] not in OURS
                and "lc" in other
            ]  # fmt: skip
    return rows


def _ratio(row: dict[str, Any], other: dict[str, Any], logic: str) -> float:
    """Return how look-up tables compare, as logic and as shift registers."""
    used, others = (design[logic] + design["lutram"] for design in (row, other))
    return round(float(used / others), 3)


def _measured(
    maker: Callable[[Sequence[ConstantLayer], int], _Design],
    layers: Sequence[ConstantLayer],
    stages: int,
    label: str,
) -> dict[str, Any]:
    try:
        design = maker(layers, stages)
    except _UnavailableError as error:
        return {"unavailable": str(error)}
    counts = counted(design.files, design.top, mapper="abc")
    values, mismatches = _simulated(design, layers)
    if mismatches:
        raise HwBnnError(f"{label}: {mismatches} of {values} result bits differ from numpy's")
    synapses = sum(layer.weights.size for layer in layers)
    return {
        **counts,
        "lc_per_synapse": round(counts["lc"] / synapses, 4),
        **design.figures,
        "values": values,
        "mismatches": mismatches,
    }


class _UnavailableError(Exception):
    """A design's tool is missing."""


def _generated(layers: Sequence[ConstantLayer], stages: int) -> _Design:
    from hw_bnn.codegen.constant_stream import MODULES, stream
    from hw_bnn.rtl import sources

    started, cpu = time.perf_counter(), time.process_time()
    texts = stream("unit", layers, stages)
    figures = {
        "generate_seconds": round(time.perf_counter() - started, 1),
        "generate_cpu_seconds": round(time.process_time() - cpu, 1),
    }
    library = {path.name: path.read_text() for path in sources() if path.stem in MODULES}
    return _Design({**library, **texts}, "unit_logic", "", figures)


def _da4ml(layers: Sequence[ConstantLayer], stages: int) -> _Design:
    from hw_bnn.bench.constant_da4ml import TOP, solve, stream

    try:
        solution = solve(layers, stages)
    except HwBnnError as error:
        raise _UnavailableError(str(error)) from error
    figures = {
        "generate_seconds": round(solution.seconds, 1),
        "generate_cpu_seconds": round(solution.cpu_seconds, 1),
        "solved_stages": solution.stages,
    }
    texts = {path.name: path.read_text() for path in solution.sources}
    return _Design(texts, TOP, stream("unit", solution, layers), figures)


_MAKERS = {"generated": _generated, "as built": _generated, "da4ml": _da4ml}


def _simulated(design: _Design, layers: Sequence[ConstantLayer]) -> tuple[int, int]:
    """Compared and differing result bits of the design in Verilator."""
    from hw_bnn.bench.constant_designs import expected
    from hw_bnn.codegen.verilog import Unit, padded, wrapper
    from hw_bnn.tools.verilator import compile_simulator

    inputs = np.random.default_rng(1).integers(0, 2, (VECTORS, len(layers[0].weights))) > 0
    inputs[0], inputs[1] = False, True
    columns = layers[0].weights.T[: VECTORS - 2]
    inputs[2 : 2 + len(columns)] = columns
    bits = expected(layers, inputs)
    unit = Unit("simulated", "unit", {}, inputs.shape[1], bits.shape[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = {**design.files, "top.v": wrapper(unit)} | (
            {"shell.sv": design.unit} if design.unit else {}
        )
        for file, content in texts.items():
            files.write_text(folder / file, content)
        simulator = compile_simulator(
            [folder / file for file in texts], unit.name, folder,
            padded(unit.in_bits) // 8, padded(unit.out_bits) // 8,
        )  # fmt: skip
        beats = np.packbits(inputs, axis=1, bitorder="little")
        found = simulator.run(beats, len(beats)).outputs
    got = np.unpackbits(found, axis=1, bitorder="little", count=bits.shape[1])
    return bits.size, int((got != bits).sum())
