# SPDX-License-Identifier: BSD-3-Clause
"""The generated accelerator under Verilator: codes in, integer sums out, cycles counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.build.plan import TOP, read_streams, sources, written_digest
from hw_bnn.codegen.verilog import observed
from hw_bnn.errors import HwBnnError
from hw_bnn.files import write_text

if TYPE_CHECKING:
    from hw_bnn.golden import Golden
    from hw_bnn.progress import Advance
    from hw_bnn.tools.simulator import SimulationResult, StreamSimulator

STALL_LIMIT = 100_000
"""Cycles without any word moving that count as a deadlock, beyond twice an image's latency."""


@dataclass(frozen=True)
class Stalls:
    """Pauses: chance per cycle that no input is offered, or no output is taken."""

    idle: float = 0.0
    backpressure: float = 0.0
    seed: int = 0
    interval: int = 0
    """Cycles at least from the first word of an image to that of the next."""


@dataclass(frozen=True)
class Run:
    """A simulated batch.

    Attributes:
        outputs: int32 [images, classes, ...], sums of the last layer; or [images, 1], labels.
        image_ends: int64 [images], the cycle in which each image's last word left.
        latency_cycles: from the first input word accepted to the first image's last word out.
        cycles: all cycles simulated.
        gauges: largest fill of each gauged FIFO.
        seconds: time the simulation took.
        taps: words [n, bytes] of each of the plan's taps, if they were recorded.
    """

    outputs: npt.NDArray[np.int32]
    image_ends: npt.NDArray[np.int64]
    latency_cycles: int
    cycles: int
    gauges: dict[str, int]
    seconds: float
    taps: list[npt.NDArray[np.uint8]]

    @property
    def cycles_per_inference(self) -> float:
        """Steady state: mean distance between images over the second half of the batch."""
        ends = self.image_ends[len(self.image_ends) // 2 :]
        return float(ends[-1] - ends[0]) / (len(ends) - 1) if len(ends) > 1 else float("nan")


class Accelerator:
    """A plan written to `folder` (see plan.py), compiled for simulation on first use.

    Attributes:
        files: Verilog of the top module and all below it.
        work_dir: receives the simulator.
        quick: see compile_simulator.
    """

    quick = False

    def __init__(self, folder: Path, *, unchanged: bool = True) -> None:
        """Take the folder of a written plan; `unchanged` refuses one whose files differ now."""
        self.folder = folder
        self.streams, self.digest = read_streams(folder)
        self.files, self.work_dir = sources(folder), folder.parent / f"{folder.name}_verilator"
        if unchanged and written_digest(folder) != self.digest:
            raise HwBnnError(
                f"{folder}: a file is missing or changed since it was written; run hw-bnn build "
                "again"
            )

    def inputs(self, golden: Golden, images: npt.NDArray[np.float32]) -> npt.NDArray[np.integer]:
        """Return what the accelerator takes of prepared images: pixels or codes."""
        return golden.pixels(images) if self.streams.quantises else golden.codes(images)

    def simulate(
        self,
        codes: npt.NDArray[Any],
        stalls: Stalls | None = None,
        advance: Advance | None = None,
        *,
        record: bool = False,
    ) -> Run:
        """Send images through the accelerator.

        Args:
            codes: [images, ...], as `inputs` gives them.
            stalls: random pauses at both ends; none by default.
            advance: called with the number of images that have come out since the last call.
            record: whether to keep what the hidden layers give; see `layer`.
        """
        streams, stalls = self.streams, stalls or Stalls()
        simulator = self._simulator()
        words = streams.out_words
        count = _per_image(advance, words) if advance else None
        result = simulator.run(
            self._encode(codes),
            len(codes) * words,
            idle=stalls.idle,
            backpressure=stalls.backpressure,
            seed=stalls.seed,
            group=streams.in_words,
            interval=stalls.interval,
            stall_limit=STALL_LIMIT + 2 * streams.latency_cycles + stalls.interval,
            progress=count,
            record=record,
        )
        if count:
            count(len(codes) * words)
        return self._read(result, words)

    def _simulator(self) -> StreamSimulator:
        from hw_bnn.tools.verilator import compile_simulator

        streams, folder = self.streams, self.work_dir
        taps = [(tap.unit, tap.bytes) for tap in streams.taps]
        top, files = TOP, [*self.files]
        if taps:
            top = f"{TOP}_observed"
            bits, gauges = (8 * streams.in_bytes, 8 * streams.out_bytes), len(streams.gauges)
            files.append(folder / f"{top}.v")
            write_text(files[-1], observed(TOP, top, *bits, gauges, taps))
        return compile_simulator(
            files,
            top,
            folder,
            streams.in_bytes,
            streams.out_bytes,
            len(streams.gauges),
            taps=[width for _, width in taps],
            quick=self.quick,
        )

    def layer(self, run: Run, index: int, start: int, stop: int) -> npt.NDArray[np.int32]:
        """Return a hidden layer's codes [stop - start, ...], as Golden.activations yields them.

        Args:
            run: with recorded taps.
            index: number of the layer, from 0.
            start: first image.
            stop: the image after the last.

        Raises:
            HwBnnError: the layer gave more or fewer words than it must.
        """
        tap, words = self.streams.taps[index], run.taps[index]
        expected = len(run.outputs) * tap.words
        if len(words) != expected:
            raise HwBnnError(
                f"{self.streams.units[tap.unit]} gave {len(words)} words instead of {expected}"
            )
        values = _unpack(words[start * tap.words : stop * tap.words], tap.lanes, tap.bits)
        return tap.values.codes(values.reshape(-1, *tap.shape))

    def _encode(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        """[images, ...] -> [words, bytes]: the first value of a word in the lowest bits."""
        streams = self.streams
        values = streams.input.hardware(codes).reshape(-1, streams.simd, 1)
        bits = (values >> np.arange(streams.input_bits, dtype=np.uint8)) & 1
        octets = np.packbits(bits.reshape(len(values), -1), axis=1, bitorder="little")
        words = np.zeros((len(octets), streams.in_bytes), dtype=np.uint8)
        words[:, : octets.shape[1]] = octets
        return words

    def _read(self, result: SimulationResult, words: int) -> Run:
        streams = self.streams
        values = _unpack(result.outputs, streams.pe, streams.output_bits)
        channels, *positions = streams.output.shape
        outputs = streams.output.codes(values.reshape(-1, *positions, channels))
        ends = result.out_cycles.reshape(-1, words)[:, -1]
        return Run(
            outputs=outputs,
            image_ends=ends,
            latency_cycles=int(ends[0] - result.in_cycles[0]),
            cycles=result.cycles,
            gauges=dict(zip(streams.gauges, result.gauges, strict=True)),
            seconds=result.seconds,
            taps=result.taps,
        )


def _unpack(words: npt.NDArray[np.uint8], lanes: int, width: int) -> npt.NDArray[np.int32]:
    """[words, bytes] -> [words, lanes], unsigned; the first value is in the lowest bits."""
    bits = np.unpackbits(words, axis=1, bitorder="little")[:, : lanes * width]
    fields = bits.reshape(-1, lanes, width).astype(np.int32)
    values: npt.NDArray[np.int32] = (fields << np.arange(width, dtype=np.int32)).sum(
        axis=2, dtype=np.int32
    )
    return values


def _per_image(advance: Advance, words: int) -> Callable[[int], None]:
    """Turn the number of words so far into images since the last call."""
    done = 0

    def count(total: int) -> None:
        nonlocal done
        images = total // words - done
        done += images
        advance(images)

    return count
