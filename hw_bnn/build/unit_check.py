# SPDX-License-Identifier: BSD-3-Clause
"""One unit of an accelerator alone: its netlist beside its RTL, fed with the same random words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hw_bnn.build.plan import operators
from hw_bnn.build.synthesis import netlist, unit_files
from hw_bnn.codegen.verilog import padded
from hw_bnn.tools.cell_models import models
from hw_bnn.tools.verilator import compile_simulator

if TYPE_CHECKING:
    from hw_bnn.build.folder import BuildFolder

LEAST_WORDS = 1000
PAUSES = (0.0, 0.3)
"""Chances of a pause at either end: the words are sent twice."""


@dataclass(frozen=True)
class UnitWords:
    """A unit's streams.

    Attributes:
        unit: name.
        in_words, out_words: of one image.
        in_bytes, out_bytes: of one word.
    """

    unit: str
    in_words: int
    out_words: int
    in_bytes: int
    out_bytes: int


def unit_words(folder: BuildFolder) -> Iterator[UnitWords]:
    """Yield the streams of every unit of a build."""
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.build.steps import STEPS
    from hw_bnn.dataflow import engine

    engine.start(folder.dataflow / "finn_tmp")
    last = STEPS[-1].rsplit(".", 1)[-1]
    for node in operators(
        ModelWrapper(str(folder.dataflow / "intermediate_models" / f"{last}.onnx"))
    ):
        words = [
            math.prod(shape[:-1])
            for shape in (node.get_folded_input_shape(), node.get_folded_output_shape())
        ]
        bits = (node.get_instream_width(), node.get_outstream_width())
        yield UnitWords(node.onnx_node.name, *words, *(padded(width) // 8 for width in bits))


def check_unit(folder: BuildFolder, words: UnitWords, key: str, work_dir: Path) -> tuple[int, int]:
    """Send whole images of random words, at least LEAST_WORDS words, with and without pauses.

    Args:
        folder: a build with its synthesis.
        words: the unit's streams.
        key: the unit's folder in the synthesis.
        work_dir: receives the simulators.

    Returns:
        How many output words were compared; how many differ, or left in another cycle.

    Raises:
        HwBnnError: one of the two stops, or gives too many words; or a cell has no model.
    """
    unit, images = words.unit, max(2, -(-LEAST_WORDS // words.in_words))
    cells = models([folder.synthesis / key / "netlist.json"], work_dir)
    simulators = [
        compile_simulator(files, unit, work_dir / name, words.in_bytes, words.out_bytes, quick=True)
        for name, files in (
            ("rtl", [p for p in unit_files(folder.rtl, unit) if p.suffix != ".mem"]),
            ("netlist", [netlist(folder, unit), *cells]),
        )
    ]
    rng = np.random.default_rng(0)
    beats = rng.integers(0, 256, (images * words.in_words, words.in_bytes)).astype(np.uint8)
    compared = differing = 0
    for pause in PAUSES:
        rtl, other = (
            simulator.run(beats, images * words.out_words, idle=pause, backpressure=pause)
            for simulator in simulators
        )
        wrong = (rtl.outputs != other.outputs).any(axis=1) | (rtl.out_cycles != other.out_cycles)
        compared, differing = compared + len(wrong), differing + int(wrong.sum())
    return compared, differing
