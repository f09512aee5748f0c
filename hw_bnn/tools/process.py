# SPDX-License-Identifier: BSD-3-Clause
"""Run one external program, keep its log, and turn failure into one readable line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from hw_bnn import files
from hw_bnn.errors import HwBnnError, ToolNotFoundError

_HINTS = {
    "g++": "install a C++ compiler, e.g. apt-get install g++ make",
    "make": "install it, e.g. apt-get install make",
    "vivado": "install Vivado and source its settings64.sh",
}
_DEFAULT_HINT = "install it with its Python wheel: pip install hw_bnn"
# The best match first: Verilator ends a lint with an error that only counts the warnings.
_ERROR_LINES = (
    re.compile(r"%Error(?!: Exiting)|(?<!%)\b(error|ERROR|Error|CRITICAL WARNING):"),
    re.compile(r"undefined reference|\*\*\*|%Warning"),
    re.compile(r"error|fatal", re.IGNORECASE),
)
_GRACE_SECONDS = 5.0
_running: set[subprocess.Popen[str]] = set()


def run(
    command: Sequence[str],
    cwd: Path,
    log: Path | None = None,
    *,
    env: Mapping[str, str] | None = None,
    name: str | None = None,
    on_line: Callable[[str], None] | None = None,
) -> str:
    """Run `command` in `cwd` and return what it printed (stdout and stderr together).

    Args:
        command: program and arguments.
        cwd: working directory.
        log: file that receives the output, whether the command succeeds or fails.
        env: variables set on top of the current environment.
        name: what errors call the program (default: its file name).
        on_line: called with every line as it is printed, without the line end.

    Raises:
        ToolNotFoundError: if the program does not exist.
        HwBnnError: if it fails; names the program, the exit code, the first line that tells of an
            error, and the log file.
    """
    name = name or Path(command[0]).name
    try:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # its own group, so that children end with it
        )
    except (FileNotFoundError, PermissionError) as error:
        if not cwd.is_dir():
            raise HwBnnError(f"{name}: working directory {cwd} does not exist") from error
        raise ToolNotFoundError(
            f"{name}: program not found; {_HINTS.get(name, _DEFAULT_HINT)}"
        ) from error
    lines: list[str] = []
    _running.add(process)
    try:
        with process:
            if process.stdout is not None:
                for line in process.stdout:
                    lines.append(line)
                    if on_line is not None:
                        on_line(line.rstrip("\n"))
            code = process.wait()
    except BaseException:
        _end_group(process)
        raise
    finally:
        _running.discard(process)
    output = "".join(lines)
    if log is not None:
        files.write_text(log, output)
    if code != 0:
        where = f"; see {log}" if log is not None else ""
        raise HwBnnError(f"{name} failed with exit code {code}: {first_error(output)}{where}")
    return output


def first_error(output: str) -> str:
    """First line of `output` that tells of an error, else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for pattern in _ERROR_LINES:
        for line in lines:
            if pattern.search(line):
                return line
    return lines[-1] if lines else "no output"


def end_all() -> None:
    """End every program that runs, in whatever thread; `run` raises there."""
    for process in tuple(_running):
        _end_group(process)


def _end_group(process: subprocess.Popen[str]) -> None:
    """End a process and its children: politely, then for certain."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
