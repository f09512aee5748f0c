# SPDX-License-Identifier: BSD-3-Clause
"""`hw-bnn build`: QONNX to RTL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hw_bnn.cli import common
from hw_bnn.progress import Progress
from hw_bnn.report import table


@click.command()
@click.argument("model", type=common.PATH, metavar="MODEL.onnx")
@common.out("Folder of the build; a build that was interrupted there is continued.")
@click.option("--board", default="Pynq-Z1", show_default=True, help="FINN+'s name of the board.")
@click.option(
    "--target-fps",
    type=int,
    help="Images per second to fold the layers for; default: 1,000 cycles an image, or as many as "
    "the windows of a convolution need.",
)
@click.option(
    "--resource-budget",
    type=float,
    metavar="SHARE",
    help="Fold for the fewest cycles within this share of the part's LUTs and block RAMs.",
)
@click.option(
    "--folding",
    type=common.PATH,
    help='FINN folding JSON, {"XnorMVAU_rtl_0": {"PE": 16, "SIMD": 49}, ...}; default 1.',
)
@click.option(
    "--input",
    type=common.input_kind,
    default="uint8/255",
    show_default=True,
    help="How a pixel p reaches the network: p/255, p, or floats as they are.",
)
@click.option(
    "--input-quantiser",
    type=click.Choice(["host", "hardware"]),
    default="host",
    show_default=True,
    help="What makes codes of pixels; with hardware the accelerator takes the pixels.",
)
@click.option("--label-select", is_flag=True, help="Give the class instead of the last sums.")
@click.option(
    "--synthesise/--no-synthesise",
    default=True,
    show_default=True,
    help="Estimate resources with yosys, the longest stage.",
)
@click.option("--clock-ns", type=float, default=10.0, show_default=True, help="Target period.")
@common.prints(table.report, table.mismatch)
def command(
    model: Path,
    out: Path,
    board: str,
    target_fps: int | None,
    resource_budget: float | None,
    folding: Path | None,
    input: str,
    input_quantiser: str,
    label_select: bool,
    synthesise: bool,
    clock_ns: float,
    progress: Progress,
) -> dict[str, Any]:
    """Build the accelerator of a QONNX network, made here or elsewhere.

    OUT/report.html shows what came out.
    """
    common.existing_file(model)
    from hw_bnn.config import BuildConfig, validate

    options = {
        "board": board,
        "synth_clk_period_ns": clock_ns,
        "target_fps": target_fps,
        "resource_budget": resource_budget,
        "folding_config_file": folding,
        "input": input,
        "input_quantiser": input_quantiser,
        "label_select": label_select,
        "synthesise": synthesise,
    }
    config = validate(BuildConfig, options, "hw-bnn build")
    from hw_bnn import build
    from hw_bnn.report import page

    result = build.build(model, out, config, progress=progress)
    page.write(out)
    return result
