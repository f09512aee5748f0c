# SPDX-License-Identifier: BSD-3-Clause
"""Failures of programs become one readable line."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hw_bnn.errors import HwBnnError, ToolNotFoundError
from hw_bnn.tools.process import end_all, first_error, run


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_lines_and_log(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "logs" / "run.log"
    code = "import sys, os; print('a', flush=True); print(os.environ['B'], file=sys.stderr)"
    text = run(python(code), tmp_path, log, env={"B": "b"}, on_line=lines.append)
    assert text == log.read_text() == "a\nb\n"
    assert lines == ["a", "b"]


def test_failure_names_program_code_line_and_log(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    code = "print('fine'); print('x.cpp:1: error: bad'); print('more'); raise SystemExit(3)"
    with pytest.raises(HwBnnError) as caught:
        run(python(code), tmp_path, log, name="compiler")
    expected = f"compiler failed with exit code 3: x.cpp:1: error: bad; see {log}"
    assert str(caught.value) == expected
    assert "more" in log.read_text()


def test_missing_program(tmp_path: Path) -> None:
    with pytest.raises(ToolNotFoundError, match=r"no_such_tool: program not found; .*pip install"):
        run(["no_such_tool"], tmp_path)
    with pytest.raises(HwBnnError, match=r"working directory .* does not exist"):
        run(python(""), tmp_path / "none")


def test_interrupt_ends_the_whole_group(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    children: list[int] = []

    def interrupt(line: str) -> None:
        children.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(python(code), tmp_path, on_line=interrupt)
    state = Path(f"/proc/{children[0]}/stat")
    for _ in range(100):
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child is still running")


def test_programs_of_other_threads_can_be_ended(tmp_path: Path) -> None:
    started = threading.Event()
    code = "import time; print('here', flush=True); time.sleep(600)"
    with ThreadPoolExecutor() as pool:
        task = pool.submit(run, python(code), tmp_path, on_line=lambda _: started.set())
        assert started.wait(60)
        end_all()
        with pytest.raises(HwBnnError, match="failed with exit code -15"):
            task.result(60)


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("%Warning-X: w\n%Error: Exiting due to 1 warning(s)\n", "%Warning-X: w"),
        ("%Warning-X: w\n%Error: a.sv:1: syntax error\n", "%Error: a.sv:1: syntax error"),
        ("all good\n ERROR: Module not found\n", "ERROR: Module not found"),
        ("first\nlast\n", "last"),
        ("", "no output"),
    ],
)
def test_first_error(output: str, line: str) -> None:
    assert first_error(output) == line
