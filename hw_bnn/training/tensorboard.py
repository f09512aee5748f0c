# SPDX-License-Identifier: BSD-3-Clause
"""What TensorBoard shows of a run: curves, and what the binary activations see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor, nn

from hw_bnn.nn.layers import BinaryActivation
from hw_bnn.training.activations import constant_threshold, watch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = "tensorboard"
_PICTURES = 20
"""Epochs of a run, about, that have histograms."""
_BINS = 60


class Seen(NamedTuple):
    """The pre-activations of one binary activation."""

    values: Tensor
    """float32 [V]."""
    threshold: Tensor | None
    """t, one or one per channel; None if it depends on the image."""


def pre_activations(model: nn.Module, images: Tensor) -> dict[str, Seen]:
    """Return what each binary activation of a network is given in eval mode, by name.

    Args:
        model: the network.
        images: uint8 [N, C, H, W] on its device.
    """
    seen: dict[str, Seen] = {}

    def note(name: str, activation: BinaryActivation, x: Tensor, _output: Tensor) -> None:
        seen[name] = Seen(x.flatten().cpu(), constant_threshold(activation))

    watch(model, images, note)
    return seen


def picture(seen: dict[str, Seen]) -> Figure:
    """Draw the histogram of each activation, the mean threshold and its range over the channels."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.8 * len(seen)), layout="constrained")
    axes = figure.subplots(len(seen), 1, squeeze=False)[:, 0]
    for axis, (name, (values, t)) in zip(axes, seen.items(), strict=True):
        axis.hist(values.numpy(), bins=_BINS, color="tab:gray")
        title = f"{name}: threshold depends on the image"
        if t is not None:
            axis.axvspan(float(t.min()), float(t.max()), color="tab:red", alpha=0.2)
            axis.axvline(float(t.mean()), color="tab:red")
            title = f"{name}: t = {float(t.mean()):.3g}"
        axis.set_title(title, fontsize="small")
    return figure


class Board:
    """Writes a run's curves and pictures for TensorBoard; a context manager.

    Args:
        folder: of the run; OUT/tensorboard is written.
        epoch: epochs done; what was written of later ones, before an interruption, is hidden.
        epochs: in all.
    """

    def __init__(self, folder: Path, epoch: int, epochs: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.every = max(1, epochs // _PICTURES)
        self.epochs = epochs
        self.writer: Any = SummaryWriter(str(folder / FOLDER), purge_step=epoch + 1)

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()

    def record(self, record: dict[str, Any], model: nn.Module, images: Tensor) -> None:
        """Write one epoch: its entry in metrics.json, and what `model` makes of `images`."""
        epoch = record["epoch"]
        for key in ("loss", "validation_accuracy", "learning_rate", "images_per_second"):
            if record[key] is not None:
                self.writer.add_scalar(key, record[key], epoch)
        if epoch % self.every and epoch != self.epochs:
            return
        seen = pre_activations(model, images)
        for name, (values, _) in seen.items():
            self.writer.add_histogram(f"pre-activations/{name}", values, epoch)
        if seen:
            self.writer.add_figure("thresholds", picture(seen), epoch)
        self.writer.flush()
