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


@click.command()
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
    """Run the benchmark NAME and write its rows.

    There are cnv, constant, equivalence, fifo, finn-operators, folding, golden, lanes, mlp, proofs,
    resources, rtl, size, steps and training.

    equivalence compares drawn networks in all stages, goes on where it was interrupted, and exits
    1 if any value differs. rtl simulates drawn networks with drawn hardware, goes on like it, and
    exits 1 if any value or cycle differs, or one stops. proofs checks the RTL library formally, and
    exits 1 if any module is not proved. mlp runs TFC whole; cnv takes a run of CNV apart, and
    compares each unit's netlist with its RTL; size builds networks of growing size. They go on
    where they were interrupted, and exit 1 if anything differs. fifo sizes a build's FIFOs again,
    beside unbounded ones in RTL.
    """
    from hw_bnn import bench, files

    options: dict[str, Any] = {"networks": networks, "seed": seed, "build": build}
    options = {key: value for key, value in options.items() if value is not None}
    if "kept" in bench.OPTIONS.get(name, ()):
        options["kept"] = out.with_name(f".{out.name}.parts")
    result = bench.run(name, progress=progress, **options)
    files.write_json(out, result)
    return result
