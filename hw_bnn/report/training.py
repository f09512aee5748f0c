# SPDX-License-Identifier: BSD-3-Clause
"""What a training gave, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hw_bnn.report.table import Report, pairs, text

if TYPE_CHECKING:
    from rich.table import Table


def metrics(content: Report) -> Table:
    """Images, epochs, the chosen one, and the test split; see hw_bnn.training.train."""
    table = pairs(str(content["data"]), _lines(content))
    if "of_epochs" in content:
        table.caption = "Stopped early: the same command without --until goes on."
        table.caption_justify = "left"
    return table


def _lines(content: Report) -> Iterator[tuple[str, str]]:
    epochs, held_out = content["epochs"], content["validation_images"]
    yield "training images", text(content["train_images"])
    if held_out:
        yield "held-out images", text(held_out)
    whole = f" of {text(content['of_epochs'])}" if "of_epochs" in content else ""
    yield "epochs", f"{text(len(epochs))}{whole}"
    yield "loss of the last", text(epochs[-1]["loss"])
    chosen = content["chosen_epoch"]
    judged = epochs[chosen - 1]["validation_accuracy"]
    why = "the last" if judged is None else f"{100 * judged:.2f}% of held-out images right"
    yield "chosen epoch", f"{chosen}, {why}"
    if "test" in content:
        test = content["test"]
        counts = f"{text(test['correct'])} of {text(test['images'])}"
        yield "test images right", f"{100 * test['accuracy']:.2f}% ({counts})"
