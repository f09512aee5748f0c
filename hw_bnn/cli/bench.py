# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn bench`: named measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table


def _differing(content: dict[str, Any]) -> str | None:
    """Return the first row in which something differs that must not, or is not proved."""
    if content["benchmark"] == "proofs":
        from hw_bnn.bench.proofs import unsettled

        return next(filter(None, map(unsettled, content["rows"])), None)
    if content.get("failed"):
        return str(content["failed"][0])
    for row in content["rows"]:
        if row.get("mismatches"):
            if "population" not in row:
                return f"{row.get('design') or row['network']}: {row['mismatches']} mismatches"
            return (
                f"{row['population']}: {row['stage']} differs from {row['reference']} in "
                f"{row['mismatches']} of {row['values']} values"
            )
    return None


_HELP = """\
Run the benchmark NAME and write its rows.

Seconds to minutes:

\b
  folding         the solver beside FINN+'s SetFolding: look-up tables at equal cycles
  steps           training steps beside stock Brevitas layers and float ones
  costs           what a whole training by each shipped recipe takes, from a few steps
  golden          the golden executor beside qonnx's
  fifo            FIFO sizing of a build, beside unbounded FIFOs in RTL
  finn-operators  windows, converters and FIFOs beside FINN+'s RTL

Half an hour or more:

\b
  lanes           a matrix unit over PE, SIMD and bits, beside a behavioural loop
  constant        unrolled layers with constant weights, beside da4ml
  resources       resource models: fit to syntheses, and their errors
  size            networks of growing size: cost, and speed of simulation
  mlp             TFC whole, to its netlist
  cnv             a run of CNV taken apart: each unit's netlist beside its RTL
  proofs          formal proofs of the RTL library
  rtl             drawn networks with drawn hardware, as RTL
  equivalence     drawn networks in all stages of software
  training        TFC over three seeds; training-sfc, training-lfc
  epochs          the first epoch of each CIFAR-10 recipe that was not trained whole

Interrupted ones go on when the same command is given again; finished syntheses are kept in any
case. Exit code 1: a value or cycle differs, a network stops, or a module is not proved.
"""


@click.command(help=_HELP)
@click.argument("name")
@common.out("The JSON file for rows and conditions.")
@click.option("--networks", type=click.IntRange(1), help="equivalence, rtl: so many.")
@click.option("--seed", type=click.IntRange(0), help="equivalence, rtl: draw others.")
@click.option("--build", type=common.PATH, help="cnv, fifo: the folder of a build.")
@common.prints(table.rows, _differing)
def command(
    name: str,
    out: Path,
    networks: int | None,
    seed: int | None,
    build: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Run a benchmark, as _HELP says."""
    from hw_bnn import bench, files

    options: dict[str, Any] = {"networks": networks, "seed": seed, "build": build}
    options = {key: value for key, value in options.items() if value is not None}
    if "kept" in bench.OPTIONS.get(name, ()):
        options["kept"] = out.with_name(f".{out.name}.parts")
    result = bench.run(name, progress=progress, **options)
    files.write_json(out, result)
    return result
