# SPDX-License-Identifier: BSD-3-Clause
"""First epochs of the shipped CIFAR-10 recipes that are too long to train whole on a CPU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn.bench.costs import FOLDER

if TYPE_CHECKING:
    from hw_bnn.progress import Progress

RECIPES = (
    "resnet20-cifar10",
    "vgg-small-cifar10-zcu104",
    "vgg-small-cifar10",
    "resnet18-cifar10",
)
EPOCHS = 1
CHANGES = {"validation_fraction": 0.1, "threads": 1}


def epochs(
    progress: Progress, kept: Path, names: tuple[str, ...] = RECIPES
) -> list[dict[str, Any]]:
    """Train the first EPOCHS epochs of shipped recipes, from the repository's root.

    Learning rate and gradients are those of the whole recipe. CHANGES apart: a tenth of the
    training images is held out to judge, the test split is not used; one thread. It goes on where
    `kept` stopped.

    Args:
        progress: where progress is reported.
        kept: folder of the trainings.
        names: of recipes.

    Returns:
        A row per recipe with `images` and `epochs` trained, `of_epochs` of the recipe, `loss` (mean
        over the last epoch trained), `held_out` images, `accuracy` on them after it, `seconds` of
        an epoch and `images_per_second`.
    """
    from hw_bnn.config import load_config
    from hw_bnn.training import train

    rows = []
    for name in names:
        config = load_config(FOLDER / f"{name}.yaml")
        recipe = config.train.model_copy(update=CHANGES)
        config = config.model_copy(update={"train": recipe})
        found = train(
            config, kept / name, progress=progress, device="cpu", test=False, until=EPOCHS
        )
        last = found["epochs"][-1]
        rows.append({
            "recipe": name,
            "epochs": last["epoch"],
            "of_epochs": recipe.epochs,
            "images": found["train_images"],
            "held_out": found["validation_images"],
            "loss": round(last["loss"], 4),
            "accuracy": last["validation_accuracy"],
            "seconds": last["seconds"],
            "images_per_second": last["images_per_second"],
        })  # fmt: skip
    return rows
