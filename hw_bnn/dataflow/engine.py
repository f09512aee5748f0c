# SPDX-License-Identifier: BSD-3-Clause
"""The one place that knows how to start FINN+ outside its own command line.

FINN+ 1.6.1 expects Vivado's simulator at import (`finn.xsi`), global settings, and a Vivado path
when a build ends. None of them is used by the steps that run here.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from hw_bnn.errors import HwBnnError, interrupted

if TYPE_CHECKING:
    from finn.builder.build_dataflow_config import DataflowBuildConfig
    from qonnx.core.modelwrapper import ModelWrapper

    Step = Callable[[ModelWrapper, DataflowBuildConfig], ModelWrapper]

DOMAIN = "finn.custom_op.fpgadataflow"
_SETTINGS_FILE = "hw_bnn_settings.yaml"
RTL_DOMAIN = f"{DOMAIN}.rtl"


def start(build_dir: Path) -> None:
    """Make FINN+ importable and register this package's operators; may be called again.

    Args:
        build_dir: folder for FINN+'s own intermediate files, if FINN+ has none set.
    """
    _use_settings(build_dir)
    _use_simulator_names()
    _register_operators()


def _use_settings(build_dir: Path) -> None:
    from finn.interface.settings import FINNSettings
    from finn.util import settings

    current = settings._SETTINGS
    if current is not None and current.get_path().name != _SETTINGS_FILE:
        return  # the user's own
    build_dir.mkdir(parents=True, exist_ok=True)
    settings._SETTINGS = FINNSettings.init(
        override_settings_path=build_dir / _SETTINGS_FILE,
        flow_config=build_dir / "flow.yaml",
        auto_set_environment_vars=False,
        finn_build_dir=str(build_dir.resolve()),
    )


def _use_simulator_names() -> None:
    """Bind the names that `finn.xsi` would take from Vivado's simulator, where there is none."""
    import finn.xsi

    try:
        finn.xsi.SimEngine  # noqa: B018  (the look-up itself starts the simulator)
    except Exception:  # whatever is wrong with the vendor's simulator, it is not needed
        for name in finn.xsi._LAZY_NAMES:
            setattr(finn.xsi, name, _NoSimulator)


class _NoSimulator:
    """Stands for Vivado's simulator: using it says what to use instead."""

    def __init__(self, *_args: Any, **_options: Any) -> None:
        raise HwBnnError(
            "Vivado's simulator is not installed; simulate the whole design with Verilator instead"
        )


def _register_operators() -> None:
    import finn.custom_op.fpgadataflow.rtl as finn_rtl
    from qonnx.custom_op.registry import add_op_to_domain

    from hw_bnn.dataflow.operators import GENERIC, RTL

    for operator in GENERIC:
        add_op_to_domain(DOMAIN, operator)
    for operator in RTL:
        add_op_to_domain(RTL_DOMAIN, operator)
        finn_rtl.custom_op[operator.__name__] = operator


def run_steps(
    model: Path,
    config: DataflowBuildConfig,
    started: Callable[[str], None],
    failure_log: Path | None = None,
) -> dict[str, Any]:
    """Run FINN+'s `build_dataflow_cfg`.

    Args:
        model: the ONNX file to start from.
        config: FINN+'s configuration, its `steps` given as names.
        started: called with each step's name.
        failure_log: file that receives FINN+'s log if it fails; its output folder may not stay.

    Returns:
        Seconds per step.

    Raises:
        HwBnnError: the one that a step raised, or one line about what failed inside FINN+.
    """
    import json

    from finn.builder import build_dataflow

    log = Path(config.output_dir) / "finn.log"
    failures: list[BaseException] = []
    steps = build_dataflow.resolve_build_steps(config, partial=False)
    config.steps = [_watched(step, started, failures) for step in steps]
    output = Path(config.output_dir)
    code = -1
    with (
        _quiet(log),
        mock.patch.object(build_dataflow, "get_vivado_root", str),
        contextlib.suppress(Exception),  # kept in `failures`; FINN+ raises on only under pytest
    ):
        code = build_dataflow.build_dataflow_cfg(str(model), config)
    if failures and interrupted(failures[0]):
        raise KeyboardInterrupt from failures[0]
    if failures and isinstance(failures[0], HwBnnError):
        raise failures[0]
    if code != 0 or failures:
        reason = " ".join(str(failures[0]).split())[:300] if failures else f"exit code {code}"
        if failure_log is not None:
            log = log.rename(failure_log)
        raise HwBnnError(f"FINN+ stopped: {reason} (log: {log})")
    seconds: dict[str, Any] = json.loads((output / "report" / "time_per_step.json").read_text())
    return seconds


def _watched(step: Step, started: Callable[[str], None], failures: list[BaseException]) -> Step:
    """Wrap a step to report its start and to keep the exception that FINN+ would swallow."""

    def watched(model: ModelWrapper, config: DataflowBuildConfig) -> ModelWrapper:
        started(step.__name__)
        try:
            return step(model, config)
        except BaseException as error:
            failures.append(error)
            raise

    watched.__name__ = step.__name__
    return watched


@contextlib.contextmanager
def _quiet(log: Path) -> Iterator[None]:
    """Send stdout, stderr and logging to a file, and undo what FINN+ does to them."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stdout, stderr = sys.stdout, sys.stderr
    captured = io.StringIO()
    sys.stdout = sys.stderr = captured
    try:
        yield
    finally:
        sys.stdout, sys.stderr = stdout, stderr
        for handler in root.handlers[:]:
            if handler not in handlers:
                root.removeHandler(handler)
                handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(False)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(captured.getvalue())
