# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import logging
import sys
import warnings

import pytest

from hw_bnn.dataflow import engine
from hw_bnn.errors import HwBnnError
from tests.networks import small_network

SEEN: list[str] = []


def step_first(model, config):
    SEEN.append("first")
    print("said by a step")
    warnings.warn("warned by a step", stacklevel=1)
    return model


def step_refuses(model, config):
    raise HwBnnError("node fc1: cannot be done; do something else")


def step_breaks(model, config):
    raise ValueError("two\nlines of\ttext")


def step_interrupted(model, config):
    raise KeyboardInterrupt


def step_interrupted_in_c(model, config):
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        raise SystemError("returned a result with an exception set") from error


def step_exits(model, config):
    raise SystemExit(3)


@pytest.fixture
def run(tmp_path):
    """Run steps of this module; what it prints must not reach the console."""
    engine.start(tmp_path / "tmp")
    from finn.builder.build_dataflow_config import DataflowBuildConfig

    def go(*names):
        SEEN.clear()
        started = []
        config = DataflowBuildConfig(
            output_dir=str(tmp_path / "out"),
            synth_clk_period_ns=10.0,
            fpga_part="xc7z020clg400-1",
            generate_outputs=[],
            steps=[globals()[name] for name in names],
        )
        model = small_network().save(tmp_path / "m.onnx")
        try:
            seconds = engine.run_steps(model, config, started.append)
        finally:
            SEEN.extend(started)
        return seconds

    return go


def state():
    root = logging.getLogger()
    return sys.stdout, sys.stderr, tuple(root.handlers), root.level, warnings.showwarning


def test_steps_run_in_order_and_are_timed(run):
    seconds = run("step_first")
    assert SEEN == ["first", "step_first"]
    assert "step_first" in seconds


def test_the_console_and_logging_are_left_as_they_were(run, capsys, tmp_path):
    before = state()
    run("step_first")
    assert state() == before
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")
    logs = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.log"))
    assert "said by a step" in logs


@pytest.mark.parametrize("step", ["step_refuses", "step_breaks", "step_interrupted", "step_exits"])
def test_after_a_failure_too(run, capsys, step):
    before = state()
    with pytest.raises(BaseException):  # noqa: B017
        run("step_first", step)
    assert state() == before
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")


def test_a_refusal_reaches_the_caller_as_it_is(run):
    with pytest.raises(HwBnnError) as caught:
        run("step_refuses", "step_first")
    assert str(caught.value) == "node fc1: cannot be done; do something else"
    assert "first" not in SEEN


def test_another_failure_becomes_one_line_with_the_log(run, tmp_path):
    with pytest.raises(HwBnnError, match=r"two lines of text .*finn\.log") as caught:
        run("step_breaks")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("step", ["step_interrupted", "step_interrupted_in_c"])
def test_an_interrupt_passes_through(run, step):
    with pytest.raises(KeyboardInterrupt):
        run(step, "step_first")
    assert "first" not in SEEN


def test_the_log_tells_where_a_step_broke(run, tmp_path):
    with pytest.raises(HwBnnError):
        run("step_breaks")
    logs = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.log"))
    assert "step_breaks" in logs


def test_start_may_be_called_again(tmp_path):
    from qonnx.custom_op.registry import getCustomOp

    from tests.dataflow.test_folding import graph

    for name in ("a", "b"):
        engine.start(tmp_path / name)
    assert type(getCustomOp(graph(4, 2).graph.node[0])).__name__ == "XnorMVAU_rtl"
