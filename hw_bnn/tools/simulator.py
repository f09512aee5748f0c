# SPDX-License-Identifier: BSD-3-Clause
"""Run a compiled stream simulator on arrays of beats."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_bnn.errors import HwBnnError
from hw_bnn.tools.process import run


@dataclass(frozen=True)
class SimulationResult:
    """What a run gave; cycle 0 is the first cycle after reset."""

    outputs: NDArray[np.uint8]  # [n_out, out_bytes]
    in_cycles: NDArray[np.int64]  # cycle in which each input beat was accepted
    out_cycles: NDArray[np.int64]  # cycle in which each output beat was accepted
    cycles: int  # up to and including the last accepted beat
    gauges: list[int]
    seconds: float  # wall clock
    taps: list[NDArray[np.uint8]]  # [beats, bytes] that moved on each tap, if they were recorded


@dataclass(frozen=True)
class StreamSimulator:
    """An executable with one input stream and one output stream; see compile_simulator."""

    executable: Path
    in_bytes: int
    out_bytes: int
    gauges: int
    data_dir: Path  # working directory of a run: where $readmemh finds its files
    taps: tuple[int, ...] = ()  # bytes of each

    def run(
        self,
        beats: NDArray[np.uint8],
        n_out: int,
        *,
        idle: float = 0.0,
        backpressure: float = 0.0,
        seed: int = 0,
        progress: Callable[[int], None] | None = None,
        stall_limit: int = 100_000,
        group: int = 1,
        interval: int = 0,
        record: bool = False,
    ) -> SimulationResult:
        """Send `beats` [n, in_bytes] and collect exactly `n_out` output beats.

        Args:
            beats: input beats, the lowest byte of TDATA first.
            n_out: number of output beats that the design must give, neither more nor fewer.
            idle: probability of leaving the input idle for a cycle between two beats.
            backpressure: probability of holding TREADY low in a cycle.
            seed: of the two above, and of the registers' values before reset.
            progress: called with the number of output beats so far.
            stall_limit: cycles without any accepted beat that count as a deadlock; must exceed
                `interval`.
            group: input beats that belong together, an image.
            interval: cycles at least from the first beat of a group to that of the next.
            record: whether to keep what moves on the taps.

        Raises:
            HwBnnError: on a deadlock, an output beat too many, an output that changes or goes
                away before it is accepted, with the cycle and the number of beats in and out.
        """
        beats = np.ascontiguousarray(beats)
        if beats.dtype != np.uint8 or beats.ndim != 2 or beats.shape[1] != self.in_bytes:
            raise HwBnnError(
                f"simulator {self.executable.name}: input beats must be uint8 [n, {self.in_bytes}],"
                f" not {beats.dtype} {list(beats.shape)}"
            )
        for name, chance in (("idle", idle), ("backpressure", backpressure)):
            if not 0.0 <= chance < 1.0:
                raise HwBnnError(f"simulator: {name} must be a probability below 1, not {chance}")
        started = time.perf_counter()

        def on_line(line: str) -> None:
            if progress is not None and line.startswith("progress "):
                progress(int(line.split()[1]))

        with tempfile.TemporaryDirectory(prefix="hw_bnn.") as name:
            folder = Path(name)
            beats.tofile(folder / "in.bin")
            arguments = [len(beats), n_out, idle, backpressure, seed, stall_limit, group, interval]
            arguments.append(int(record))
            text = run(
                [str(self.executable), str(folder), *map(str, arguments)],
                self.data_dir,
                on_line=on_line,
            )
            result = next(
                (line.split()[1:] for line in text.splitlines() if line.startswith("result ")), None
            )
            if result is None:
                raise HwBnnError(f"simulator {self.executable}: no result line in its output")
            outputs = np.fromfile(folder / "out.bin", np.uint8).reshape(n_out, self.out_bytes)
            in_cycles = np.fromfile(folder / "in_cycles.bin", np.int64)
            out_cycles = np.fromfile(folder / "out_cycles.bin", np.int64)
            widths = self.taps if record else ()
            taps = [
                np.fromfile(folder / f"tap{index}.bin", np.uint8).reshape(-1, width)
                for index, width in enumerate(widths)
            ]
        cycles, *gauges = map(int, result)
        return SimulationResult(
            outputs, in_cycles, out_cycles, cycles, gauges, time.perf_counter() - started, taps
        )
