# SPDX-License-Identifier: BSD-3-Clause
"""What `hw-bnn doctor` lists."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hw_bnn.tools.inventory import tools
from hw_bnn.tools.process import run


def test_python_packages_are_found_without_importing_them() -> None:
    code = (
        "import sys; from hw_bnn.tools.inventory import tools\n"
        "print([t.find() for t in tools() if t.name == 'torch'][0], 'torch' in sys.modules)"
    )
    version, imported = run([sys.executable, "-c", code], Path.cwd()).split()
    assert version[0].isdigit()
    assert imported == "False"


def test_program_versions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "g++"
    program.write_text("#!/bin/sh\necho 'g++ (Maker 1.0-2) 13.4.1 20240101'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    compiler = next(tool for tool in tools() if tool.name == "g++")
    assert compiler.find() == "13.4.1"
    assert compiler.path == program


def test_missing_program_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    vivado = next(tool for tool in tools() if tool.name == "vivado")
    assert vivado.find() is None
    assert vivado.path is None
    assert vivado.optional
    assert "settings64.sh" in vivado.how_to_get
