# SPDX-License-Identifier: BSD-3-Clause
"""What a whole training by each shipped recipe costs on a CPU, from a few steps."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from hw_bnn.config import ExperimentConfig
    from hw_bnn.progress import Progress

FOLDER = Path("build_configs")


class Images(NamedTuple):
    """What a recipe trains on.

    Attributes:
        total: training images of the data set.
        shape: of one image.
        classes: how many.
        batch: images of a measured step, at most.
    """

    total: int
    shape: tuple[int, int, int]
    classes: int
    batch: int


DATA = {
    "mnist": Images(60_000, (1, 28, 28), 10, 256),
    "cifar10": Images(50_000, (3, 32, 32), 10, 50),
    "image_folder": Images(1_281_167, (3, 224, 224), 1000, 16),  # ImageNet
}
RECIPES = (
    "tfc-mnist-pynq-z1",
    "sfc-mnist-pynq-z1",
    "lfc-mnist-pynq-z1",
    "mnist-teacher",
    "cnv-cifar10-pynq-z1",
    "vgg-small-cifar10",
    "vgg-small-cifar10-zcu104",
    "resnet20-cifar10",
    "resnet18-cifar10",
    "resnet34-imagenet-teacher",
    "resnet18-imagenet-stage1",
    "resnet18-imagenet-stage2",
)
STEPS = 5


def costs(progress: Progress, names: tuple[str, ...] = RECIPES) -> list[dict[str, Any]]:
    """Measure training steps of shipped recipes, from the repository's root.

    One thread; images, labels and weights are drawn, the teacher's too. Decoding and augmentation
    are left out, and so is the evaluation after each epoch.

    Returns:
        A row for each recipe with `batch`, `step_cpu_seconds` (median of STEPS after a first one,
        by the processor's clock), `image_cpu_seconds`, `epochs`, `images` of an epoch, and the
        `core_hours` of the whole training that follow.
    """
    from hw_bnn.config import load_config

    rows = []
    with progress.step("benchmark: costs of trainings", len(names)) as advance:
        for name in names:
            config = load_config(FOLDER / f"{name}.yaml")
            data = DATA[config.data.name]
            batch = min(config.train.batch_size, data.batch)
            seconds = _timed(_step(config, data, batch))
            images = round(data.total * (1 - config.train.validation_fraction))
            rows.append({
                "recipe": name,
                "batch": batch,
                "step_cpu_seconds": round(seconds, 4),
                "image_cpu_seconds": round(seconds / batch, 6),
                "epochs": config.train.epochs,
                "images": images,
                "core_hours": round(seconds / batch * images * config.train.epochs / 3600, 2),
            })  # fmt: skip
            advance()
    return rows


def _step(config: ExperimentConfig, data: Images, batch: int) -> Callable[[], None]:
    """Return a function that takes one step of a recipe on drawn images."""
    import torch

    from hw_bnn.bench.training import teacher_of
    from hw_bnn.nn.layers import BinaryWeights
    from hw_bnn.nn.models import build_model
    from hw_bnn.training.objective import Objective
    from hw_bnn.training.optimiser import build_optimiser

    torch.manual_seed(0)
    images = torch.rand(batch, *data.shape)
    labels = torch.randint(0, data.classes, (batch,))
    model = build_model(config.model, data.shape, data.classes).train()
    binary = [module for module in model.modules() if isinstance(module, BinaryWeights)]
    taught_by = teacher_of(config, FOLDER)
    teacher = None
    if taught_by is not None:
        teacher = build_model(taught_by.model, data.shape, data.classes).eval()
    objective = Objective(config.train, binary, teacher)
    optimiser = build_optimiser(model, config.train)

    def step() -> None:
        optimiser.zero_grad()
        objective(model, images, labels).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        for layer in binary:
            layer.clip()

    return step


def _timed(step: Callable[[], None]) -> float:
    """Return the processor seconds of a step: the median of some, after a first one."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = []
        for _ in range(1 + STEPS):
            started = time.process_time()
            step()
            found.append(time.process_time() - started)
    finally:
        torch.set_num_threads(threads)
    return statistics.median(found[1:])
