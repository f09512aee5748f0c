# SPDX-License-Identifier: BSD-3-Clause
"""What the verbs share: options, --json, and the one place that prints."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from rich.console import RenderableType

PATH = click.Path(path_type=Path)
SHARE = click.FloatRange(0, 1, max_open=True)

data_dir = click.option(
    "--data-dir", type=PATH, help="Folder with the data set's original files; nothing is fetched."
)
device = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where training computes; auto is a GPU if there is one.",
)
input_kind = click.Choice(["uint8/255", "uint8", "float"])


def out(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the required option --out with its help text."""
    return click.option("--out", type=PATH, required=True, help=text)


def prints(
    render: Callable[[dict[str, Any]], RenderableType],
    failed: Callable[[dict[str, Any]], str | None] = lambda _: None,
) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., None]]:
    """Make a verb out of a function that takes `progress` and returns a dict.

    Args:
        render: how the dict is shown to a person; with --json it is printed as JSON instead.
        failed: says in one line why the command must exit with code 1, if it must.
    """

    def decorate(function: Callable[..., dict[str, Any]]) -> Callable[..., None]:
        @click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
        @functools.wraps(function)
        def command(*, as_json: bool, **options: Any) -> None:
            from hw_bnn.cli.progress import RichProgress

            with _stdout_to_stderr(), RichProgress() as progress:
                result = function(progress=progress, **options)
            if as_json:
                click.echo(json.dumps(result, indent=2, default=_plain))
            else:
                from rich.console import Console

                console, shown = Console(), render(result)
                if not console.is_terminal:  # a file has room for wide tables
                    console.width = 500
                    console.width = console.measure(shown).maximum
                console.print(shown)
            reason = failed(result)
            if reason is not None:
                click.secho(f"failed: {reason}", fg="red", err=True)
                raise click.exceptions.Exit(1)

        return command

    return decorate


def existing_file(path: Path) -> Path:
    """Return the path of a file that is there.

    Raises:
        HwBnnError: it is not there, or is a folder.
    """
    if not path.is_file():
        raise HwBnnError(
            f"{path}: {'is a folder, not a file' if path.is_dir() else 'no such file'}"
        )
    return path


def existing_folder(path: Path, made_by: str) -> Path:
    """Return the path of a folder that is there.

    Raises:
        HwBnnError: it is not there, or is a file; names the command that makes it.
    """
    if not path.is_dir():
        what = "is a file, not a folder" if path.exists() else "no such folder"
        raise HwBnnError(f"{path}: {what}: must be one that `hw-bnn {made_by}` wrote")
    return path


@contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    """Libraries and their child processes may write to stdout: it belongs to the result."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _plain(value: object) -> object:
    """Numpy values and paths as JSON has them."""
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")
