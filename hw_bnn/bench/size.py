# SPDX-License-Identifier: BSD-3-Clause
"""What networks of growing size take in hardware, and how fast they are simulated."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hw_bnn.build.accelerator import Accelerator
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.stages import Stages, digest
from hw_bnn.config_model import AnyModelConfig, CnvConfig, ModelConfig

if TYPE_CHECKING:
    from hw_bnn.progress import Progress

Case = tuple[AnyModelConfig, tuple[int, int, int], int]
"""A network, its images, and how many cycles an image may take."""

PERIOD_NS = 10.0
RTL_IMAGES = 20
GOLDEN_IMAGES = 1000


def cases() -> dict[str, Case]:
    """Return the networks by name."""

    def mlp(width: int) -> Case:
        return ModelConfig(hidden=[width] * 3), (1, 28, 28), 1000

    def cnv(by: int) -> Case:
        channels = [[64 // by] * 2, [128 // by] * 2, [256 // by] * 2]
        config = CnvConfig(channels=channels, hidden=[512 // by] * 2)
        return config, (3, 32, 32), 32_768

    return {
        "TFC": mlp(64), "SFC": mlp(256), "LFC": mlp(1024),
        "CNV/4": cnv(4), "CNV/2": cnv(2), "CNV": cnv(1),
    }  # fmt: skip


def size(progress: Progress, kept: Path) -> list[dict[str, Any]]:
    """Build, synthesise and simulate every network, without training; go on in `kept`.

    The solver folds them for the 7 series, to the fewest look-up tables within the cycles.

    Returns:
        A row for each network with `weights` (bits), `target` and `cycles_per_inference`, the sums
        of the units' figures, and of the simulations of the same images the `cycles_per_second` of
        the RTL, the `rtl_images_per_second` and `golden_images_per_second`, `speedup` of golden
        to the RTL, and `mismatches` between the two in sums.
    """
    stages = Stages(kept)
    return [
        {"network": name}
        | stages.run(
            name.replace("/", "-"),
            digest(name),
            lambda name=name, case=case: _row(case, kept / name.replace("/", "-"), progress),  # type: ignore[misc]
        )
        for name, case in cases().items()
    ]


def _row(case: Case, folder: Path, progress: Progress) -> dict[str, Any]:
    from hw_bnn.bench.untrained import export_untrained
    from hw_bnn.build import build
    from hw_bnn.config import BuildConfig
    from hw_bnn.nn.models import build_model
    from hw_bnn.nn.summary import summary

    network, shape, cycles = case
    folder.mkdir(parents=True, exist_ok=True)
    export_untrained(network, shape, folder / "source.onnx")
    config = BuildConfig(board="Pynq-Z1", target_fps=-(-(10**9) // int(PERIOD_NS * cycles)))
    report = build(folder / "source.onnx", folder / "build", config, progress=progress)
    return {
        "weights": summary(build_model(network, shape, 10), shape).weight_bits,
        "target": cycles,
        "cycles_per_inference": report["cycles_per_inference"],
        **report["resources"]["total"],
        **_speed(BuildFolder(folder / "build"), shape),
    }


def _speed(folder: BuildFolder, shape: tuple[int, int, int]) -> dict[str, Any]:
    """Simulate random images in the RTL and in the golden executor."""
    from hw_bnn.golden import Golden

    golden, accelerator = Golden.load(folder.integer), Accelerator(folder.rtl)
    pixels = np.random.default_rng(0).integers(0, 256, (GOLDEN_IMAGES, *shape), dtype=np.uint8)
    images = golden.prepare(pixels)
    golden.sums(images[:1])  # compiles
    started = time.perf_counter()
    sums = golden.sums(images)
    golden_rate = len(images) / (time.perf_counter() - started)
    run = accelerator.simulate(accelerator.inputs(golden, images[:RTL_IMAGES]))
    rtl_rate = RTL_IMAGES / run.seconds
    return {
        "cycles_per_second": round(run.cycles / run.seconds),
        "rtl_images_per_second": round(rtl_rate, 2),
        "golden_images_per_second": round(golden_rate),
        "speedup": round(golden_rate / rtl_rate),
        "mismatches": int(np.count_nonzero(run.outputs != sums[:RTL_IMAGES])),
    }
