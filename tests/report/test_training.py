# SPDX-License-Identifier: BSD-3-Clause
"""A training's table names what was chosen, why, and what was measured."""

from __future__ import annotations

import io

from rich.console import Console

from hw_bnn.report import training


def shown(content) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(training.metrics(content))
    return " ".join(console.file.getvalue().split())


def metrics(*judged, **more):
    epochs = [
        {"epoch": n, "loss": 1 / n, "validation_accuracy": share}
        for n, share in enumerate(judged, start=1)
    ]
    images = {"train_images": 54_000, "validation_images": 6000 if judged[0] else 0}
    return {"data": "mnist", "epochs": epochs, **images, **more}


def test_the_chosen_epoch_has_its_reason():
    test = {"correct": 9533, "images": 10_000, "accuracy": 0.9533}
    text = shown(metrics(0.9, 0.951, 0.93, chosen_epoch=2, test=test))
    for part in (
        "mnist training images 54,000 held-out images 6,000",
        "epochs 3 ",
        "loss of the last 0.3333",
        "chosen epoch 2, 95.10% of held-out images right",
        "test images right 95.33% (9,533 of 10,000)",
    ):
        assert part in text
    assert "Stopped" not in text


def test_a_training_that_stopped_says_so():
    text = shown(metrics(None, None, chosen_epoch=2, of_epochs=50))
    assert "epochs 2 of 50" in text
    assert "chosen epoch 2, the last" in text
    assert "held-out" not in text
    assert "test images" not in text
    assert text.endswith("Stopped early: the same command without --until goes on.")
