# SPDX-License-Identifier: BSD-3-Clause
"""Training from start to end: one checkpoint per epoch, the test split once at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hw_bnn import data, files
from hw_bnn.config import ExperimentConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.training import checkpoint as checkpoints
from hw_bnn.training.checkpoint import Checkpoint
from hw_bnn.training.evaluation import accuracy
from hw_bnn.training.images import images_of
from hw_bnn.training.tensorboard import FOLDER, Board
from hw_bnn.training.trainer import Trainer
from hw_bnn.training.world import World, join

CONFIG_FILE = "config.json"
METRICS_FILE = "metrics.json"

Progress = Callable[[str, int, int], None]
_PAUSE = 0.5
"""Seconds between two reports; each waits for the device."""


def train(
    config: ExperimentConfig,
    out: Path,
    *,
    data_dir: Path | None = None,
    progress: Progress | None = None,
    device: str = "auto",
    tensorboard: bool = False,
    test: bool = True,
    until: int | None = None,
) -> dict[str, Any]:
    """Train a network, or go on with it, or return the metrics of a finished run.

    `out` receives config.json, checkpoint.pt after every epoch, and metrics.json at the end. A
    run that was stopped anywhere continues after its last complete epoch and ends with the same
    weights. The weights kept are those of the best epoch on the held-out images (of equals the
    latest), or of the last epoch if none are held out. Test images are used once, after that.

    Under torchrun all processes train one network, and the first writes; see hw_bnn.training.world.

    Args:
        config: data, model and train are used; build may change between calls.
        out: folder of this run.
        data_dir: folder of the data set (see hw_bnn.data.load).
        progress: called with a line of text, the steps done and the steps in all.
        device: "cpu", "cuda", or "auto": a GPU if there is one.
        tensorboard: write curves and histograms to out/tensorboard.
        test: measure the chosen weights on the test split. A search does without.
        until: stop after so many epochs; metrics.json is not written unless they are the last.

    Returns:
        What metrics.json holds: data, epochs (list of loss, validation_accuracy, learning_rate,
        seconds, images_per_second), chosen_epoch, train_images, validation_images, and test
        (images, correct, accuracy) unless it is left out. Before the last epoch it has of_epochs,
        those of the recipe, and no test.

    Raises:
        HwBnnError: another configuration was trained in `out`, its checkpoint is damaged, the
            data are missing or damaged, the device is missing, or the loss is not finite.
    """
    with join(device) as world, _settings(config.train.threads):
        # In a function of its own: its networks must be gone before the processes part, see join.
        progress = progress if world.first else None
        return _train(config, out, data_dir, progress, world, tensorboard, test, until)


def _train(
    config: ExperimentConfig,
    out: Path,
    data_dir: Path | None,
    progress: Progress | None,
    world: World,
    tensorboard: bool,
    test: bool,
    until: int | None,
) -> dict[str, Any]:
    """Do what train says as one of the processes."""
    finished, state = world.from_first(_found(config, out) if world.first else (None, None))
    if finished is not None and ("test" in finished or not test):
        return finished
    with world.in_turn():
        dataset = data.load(config.data.name, data_dir, progress, config.data.view)
    if state is not None:
        checkpoints.require_same_images(state, dataset, out)
    if world.first:
        files.write_json(out / CONFIG_FILE, config.model_dump(mode="json"))
    try:
        trainer = Trainer(config, dataset, world, state)
    except (RuntimeError, ValueError, KeyError) as error:
        if state is None:
            raise
        raise checkpoints.does_not_fit(out, error) from None
    with _board(trainer, out if tensorboard else None) as board:
        _train_on(trainer, out, board, progress, until)
    if trainer.epoch < trainer.recipe.epochs:
        return _metrics(trainer, test=False) | {"of_epochs": trainer.recipe.epochs}
    _use_chosen(trainer, out)
    metrics = _metrics(trainer, test)
    if world.first:
        files.write_json(out / METRICS_FILE, metrics)
    return metrics


def _found(config: ExperimentConfig, out: Path) -> tuple[dict[str, Any] | None, Checkpoint | None]:
    """Return the metrics of a finished run, or the state of an unfinished one, or neither."""
    state = checkpoints.load(out)
    if state is None:
        _require_new(out)
        return None, None
    checkpoints.require_same(state, config, out)
    finished = state.epoch == config.train.epochs and (out / METRICS_FILE).is_file()
    return (_read_metrics(out / METRICS_FILE) if finished else None), state


def _read_metrics(path: Path) -> dict[str, Any]:
    try:
        return dict(files.read_json(path))
    except (HwBnnError, TypeError, ValueError) as error:
        reason = str(error) if isinstance(error, HwBnnError) else f"{path}: is no JSON object"
        raise HwBnnError(
            f"{reason}; delete it and run the same training again to write it anew"
        ) from None


def _require_new(out: Path) -> None:
    """Refuse a folder without a checkpoint that holds anything but an unfinished start."""
    if out.exists() and not out.is_dir():
        raise HwBnnError(f"{out}: is a file; choose another --out")
    started = (CONFIG_FILE, checkpoints.FILE, FOLDER)
    if out.is_dir() and not all(files.content_of(path, started) for path in out.iterdir()):
        raise HwBnnError(f"{out}: is not empty and is no training run; choose another --out")


@contextmanager
def _settings(threads: int) -> Iterator[None]:
    """Let the run have its number of threads, and cuDNN no algorithm that varies."""
    before = torch.get_num_threads(), torch.backends.cudnn.deterministic
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.backends.cudnn.deterministic = before[1]


def _board(trainer: Trainer, out: Path | None) -> AbstractContextManager[Board | None]:
    """Open TensorBoard's folder in `out`, if there are epochs to watch."""
    epochs = trainer.recipe.epochs
    if out is None or not trainer.world.first or trainer.epoch == epochs:
        return nullcontext()
    return Board(out, trainer.epoch, epochs)


def _train_on(
    trainer: Trainer,
    out: Path,
    board: Board | None,
    progress: Progress | None,
    until: int | None,
) -> None:
    """Train the epochs that are missing."""
    epochs = trainer.recipe.epochs
    while trainer.epoch < (epochs if until is None else min(until, epochs)):
        line = _Line(trainer, progress)
        trainer.one_epoch(line.report)
        if trainer.world.first:
            checkpoints.save(trainer.state(), out)
        if board is not None:
            with trainer.judged():
                board.record(trainer.history[-1], trainer.model, trainer.some_images())
        line.epoch_done()


def _use_chosen(trainer: Trainer, out: Path) -> None:
    try:
        trainer.use_chosen()
    except RuntimeError as error:
        raise checkpoints.does_not_fit(out, error) from None


def _metrics(trainer: Trainer, test: bool) -> dict[str, Any]:
    """Return what metrics.json holds; the test split is used here and nowhere else."""
    dataset = trainer.dataset
    metrics: dict[str, Any] = {
        "data": dataset.name,
        "train_images": len(trainer.train),
        "validation_images": len(trainer.held_out),
        "epochs": trainer.history,
        "chosen_epoch": trainer.chosen_epoch,
    }
    if test:
        device = trainer.world.device
        images = images_of(dataset.test_images, device)
        labels = torch.from_numpy(dataset.test_labels).to(device)
        places = torch.arange(len(labels))
        correct, share = accuracy(trainer.model, images, labels, places, trainer.world)
        metrics["test"] = {"images": len(labels), "correct": correct, "accuracy": share}
    return metrics


class _Line:
    """One line of text about an epoch: loss, images per second, the last judgement."""

    def __init__(self, trainer: Trainer, progress: Progress | None) -> None:
        self.trainer, self.progress = trainer, progress
        self.name = f"epoch {trainer.epoch + 1}/{trainer.recipe.epochs}"
        self.before = trainer.epoch * trainer.steps
        self.started = self.last = time.monotonic()

    def report(self, steps: int, total: Tensor) -> None:
        """Say how far the epoch is, now and then."""
        now = time.monotonic()
        due = now - self.last >= _PAUSE and steps < self.trainer.steps
        if self.progress is not None and due:
            self.last = now
            loss = float(total) * self.trainer.world.size / steps
            speed = steps * self.trainer.batch / (now - self.started)
            self._say(steps, loss, speed)

    def epoch_done(self) -> None:
        """Say what the epoch gave."""
        record = self.trainer.history[-1]
        self._say(self.trainer.steps, record["loss"], record["images_per_second"])

    def _say(self, steps: int, loss: float, speed: float) -> None:
        if self.progress is None:
            return
        text = f"{self.name}: loss {loss:.4f}, {speed:,.0f} images/s"
        history = self.trainer.history
        if history and history[-1]["validation_accuracy"] is not None:
            share = f"{100 * history[-1]['validation_accuracy']:.2f}%"
            text += f", {share} of held-out images after epoch {history[-1]['epoch']}"
        self.progress(text, self.before + steps, self.trainer.recipe.epochs * self.trainer.steps)
