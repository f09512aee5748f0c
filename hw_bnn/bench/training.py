# SPDX-License-Identifier: BSD-3-Clause
"""Test accuracy of a shipped experiment over several seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hw_bnn.progress import Progress

CONFIGS = {
    "training": Path("build_configs/tfc-mnist-pynq-z1.yaml"),
    "training-sfc": Path("build_configs/sfc-mnist-pynq-z1.yaml"),
    "training-lfc": Path("build_configs/lfc-mnist-pynq-z1.yaml"),
}
"""Experiments by the benchmark's name."""

SEEDS = (0, 1, 2)


def training(progress: Progress, kept: Path, name: str = "training") -> list[dict[str, Any]]:
    """Train an experiment in build_configs/ once per seed, from the repository's root.

    It goes on where `kept` stopped.

    Args:
        progress: where progress is reported.
        kept: folder of the trainings.
        name: one of CONFIGS.

    Returns:
        One row per seed with `accuracy` on the test split, and one with mean and sample standard
        deviation.
    """
    from hw_bnn.config import load_config
    from hw_bnn.training import train

    config = load_config(CONFIGS[name])
    rows: list[dict[str, Any]] = []
    for seed in SEEDS:
        seeded = config.model_copy(update={"train": config.train.model_copy(update={"seed": seed})})
        metrics = train(seeded, kept / str(seed), progress=progress)
        rows.append({"design": config.name, "seed": seed, **metrics["test"]})
    accuracies = [row["accuracy"] for row in rows]
    rows.append(
        {
            "design": config.name,
            "seed": f"mean of {len(SEEDS)}",
            "images": rows[0]["images"],
            "accuracy": float(np.mean(accuracies)),
            "deviation": float(np.std(accuracies, ddof=1)),
        }
    )
    return rows
