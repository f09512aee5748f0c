# SPDX-License-Identifier: BSD-3-Clause
"""The command line, `hw-bnn`: one file per verb, loaded when it is asked for."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from hw_bnn import __version__
from hw_bnn.errors import HwBnnError

VERBS = (
    "run",
    "train",
    "study",
    "sweep",
    "export",
    "build",
    "simulate",
    "synth",
    "verify",
    "bench",
    "doctor",
)


class _LazyGroup(click.Group):
    """Finds the command `verb` in hw_bnn/cli/verb.py."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"hw_bnn.cli.{cmd_name}").command
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hw-bnn")
def group() -> None:
    """Binary neural networks to streaming XNOR-popcount FPGA accelerators.

    Start with: hw-bnn run build_configs/digits-demo.yaml --out runs/digits-demo
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    0: done; 1: done, but something compared differs or is missing; 2: refused, with one line that
    says why; 130: interrupted.
    """
    try:
        code = _run(arguments)
    except NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(error.exit_code)
    except click.UsageError as error:
        help_of = error.ctx.command_path if error.ctx is not None else "hw-bnn"
        _refuse(f"{error.format_message().removesuffix('.')}. See {help_of} --help.")
    except click.ClickException as error:
        _refuse(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; run the same command again to continue", err=True)
        sys.exit(130)
    except HwBnnError as error:
        _refuse(str(error))
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away
        sys.exit(1)
    except OSError as error:
        _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except Exception as error:
        log = Path(tempfile.gettempdir()) / f"hw-bnn-{os.getpid()}.log"
        log.write_text(traceback.format_exc())
        _refuse(f"unexpected {type(error).__name__}: {error}; please report it with {log}")
    sys.exit(code if isinstance(code, int) else 0)


def _run(arguments: list[str] | None) -> object:
    """Run the command; whatever ends it after a signal is an interruption.

    C code may turn KeyboardInterrupt into an error of its own, as imports do.
    """
    signals: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        signals.append(number)
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGTERM, interrupt)  # children end with us
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupt)
    try:
        return group.main(arguments, prog_name="hw-bnn", standalone_mode=False)
    except BaseException:
        if signals:
            raise KeyboardInterrupt from None
        raise


def _refuse(text: str) -> NoReturn:
    click.secho("error: " + " ".join(text.split()), fg="red", err=True)
    sys.exit(2)
