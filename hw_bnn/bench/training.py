# SPDX-License-Identifier: BSD-3-Clause
"""Test accuracy of a shipped experiment over several seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hw_bnn.config import ExperimentConfig
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

    Its teacher, if it has one, is trained before. It goes on where `kept` stopped.

    Args:
        progress: where progress is reported.
        kept: folder of the trainings.
        name: one of CONFIGS.

    Returns:
        One row per training with `accuracy` on the test split, and one with mean and sample
        standard deviation over the seeds.
    """
    from hw_bnn.config import load_config

    config = load_config(CONFIGS[name])
    recipe = config.train
    rows = []
    teacher = teacher_of(config, CONFIGS[name].parent)
    if teacher is not None:
        rows.append(_row(teacher, kept / "teacher", progress))
        given = {"teacher": (kept / "teacher").absolute()}
        recipe = _changed(recipe, distillation=_changed(recipe.distillation, **given))
    trained = [
        _row(_changed(config, train=_changed(recipe, seed=seed)), kept / str(seed), progress)
        for seed in SEEDS
    ]
    accuracies = [row["accuracy"] for row in trained]
    mean = {
        "design": config.name,
        "seed": f"mean of {len(SEEDS)}",
        "images": trained[0]["images"],
        "accuracy": float(np.mean(accuracies)),
        "deviation": float(np.std(accuracies, ddof=1)),
    }
    return [*rows, *trained, mean]


def teacher_of(config: ExperimentConfig, folder: Path) -> ExperimentConfig | None:
    """Return the experiment in `folder` that has the name of the teacher's run, if there is one."""
    from hw_bnn.config import load_config

    wanted = config.train.distillation
    return None if wanted is None else load_config(folder / f"{wanted.teacher.name}.yaml")


def _row(config: ExperimentConfig, folder: Path, progress: Progress) -> dict[str, Any]:
    """Train an experiment, or read what it gave."""
    from hw_bnn.training import train

    metrics = train(config, folder, progress=progress)
    return {"design": config.name, "seed": config.train.seed, **metrics["test"]}


def _changed(section: Any, **values: Any) -> Any:
    return section.model_copy(update=values)
