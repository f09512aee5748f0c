# SPDX-License-Identifier: BSD-3-Clause
"""The training loop: one checkpoint per epoch, the test split once at the end."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hw_bnn import data, files
from hw_bnn.config import ExperimentConfig, TrainConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.layers import BinaryWeights
from hw_bnn.nn.models import build_model
from hw_bnn.nn.surrogates import Ede
from hw_bnn.nn.weights import ReCU, kurtosis_loss
from hw_bnn.training import checkpoint as checkpoints
from hw_bnn.training import recipe
from hw_bnn.training.augment import augment
from hw_bnn.training.checkpoint import Checkpoint

CONFIG_FILE = "config.json"
METRICS_FILE = "metrics.json"
_EVALUATION_BATCH = 1000


def train(
    config: ExperimentConfig,
    out: Path,
    *,
    data_dir: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Train a network, or go on with it, or return the metrics of a finished run.

    `out` receives config.json, checkpoint.pt after every epoch, and metrics.json at the end. A
    run that was stopped anywhere continues after its last complete epoch and ends with the same
    weights. The weights kept are those of the best epoch on the held-out images (of equals the
    latest), or of the last epoch if none are held out. Test images are used once, after that.

    Args:
        config: data, model and train are used; build may change between calls.
        out: folder of this run.
        data_dir: folder of the data set (see hw_bnn.data.load).
        progress: called with a line of text, the epochs done and the epochs in all.

    Returns:
        What metrics.json holds: data, epochs (list of loss and validation_accuracy),
        chosen_epoch, train_images, validation_images, and test (images, correct, accuracy).

    Raises:
        HwBnnError: another configuration was trained in `out`, its checkpoint is damaged, the
            data are missing or damaged, or the loss is not finite.
    """
    state = checkpoints.load(out)
    metrics_path = out / METRICS_FILE
    if state is not None:
        checkpoints.require_same(state, config, out)
        if state.epoch == config.train.epochs and metrics_path.is_file():
            metrics: dict[str, Any] = files.read_json(metrics_path)
            return metrics
    else:
        _require_new(out)
    dataset = data.load(config.data.name, data_dir, progress)
    files.write_json(out / CONFIG_FILE, config.model_dump(mode="json"))
    with _threads(config.train.threads):
        metrics = _Run(config, dataset, state, out).finish(progress)
    files.write_json(metrics_path, metrics)
    return metrics


def _require_new(out: Path) -> None:
    """Refuse a folder without a checkpoint that holds anything but an unfinished start."""
    if out.exists() and not out.is_dir():
        raise HwBnnError(f"{out}: is a file; choose another --out")
    if out.is_dir() and {path.name for path in out.iterdir()} - {CONFIG_FILE}:
        raise HwBnnError(f"{out}: is not empty and is no training run; choose another --out")


def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> tuple[int, float]:
    """Count the correctly classified images, and their share, in eval mode.

    Args:
        model: takes float32 [N, C, H, W], gives logits [N, classes].
        images: uint8 [N, C, H, W].
        labels: int64 [N].
    """
    model.eval()
    correct = 0
    with torch.no_grad():
        for start in range(0, len(images), _EVALUATION_BATCH):
            end = start + _EVALUATION_BATCH
            logits = model(recipe.network_input(images[start:end]))
            correct += int((logits.argmax(1) == labels[start:end]).sum())
    return correct, correct / len(images)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Run:
    """One training run in memory."""

    def __init__(
        self,
        config: ExperimentConfig,
        dataset: data.Dataset,
        state: Checkpoint | None,
        out: Path,
    ) -> None:
        self.config = config
        self.out = out
        self.recipe: TrainConfig = config.train
        self.dataset = dataset
        self.images = torch.from_numpy(dataset.train_images)
        self.labels = torch.from_numpy(dataset.train_labels)
        self.train, self.held_out = recipe.split(len(self.images), self.recipe)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.recipe.seed)
            self.model = build_model(config.model, dataset.image_shape, dataset.classes)
        self.optimizer = torch.optim.Adam(
            self.model.parameters(),
            lr=self.recipe.learning_rate,
            weight_decay=self.recipe.weight_decay,
            fused=True,
        )
        self.generator = torch.Generator().manual_seed(self.recipe.seed)
        self.epoch = 0
        self.history: list[dict[str, Any]] = []
        self.chosen_epoch = 0
        self.chosen_model = self.model.state_dict()
        if state is not None:
            self._restore(state, out)

    def finish(self, progress: Callable[[str, int, int], None] | None) -> dict[str, Any]:
        """Train the epochs that are missing and measure the chosen weights."""
        while self.epoch < self.recipe.epochs:
            line = self._one_epoch()
            checkpoints.save(self._state(), self.out)
            if progress is not None:
                progress(line, self.epoch, self.recipe.epochs)
        self.model.load_state_dict(self.chosen_model)
        test_images = torch.from_numpy(self.dataset.test_images)
        correct, share = accuracy(
            self.model, test_images, torch.from_numpy(self.dataset.test_labels)
        )
        return {
            "data": self.dataset.name,
            "train_images": len(self.train),
            "validation_images": len(self.held_out),
            "epochs": self.history,
            "chosen_epoch": self.chosen_epoch,
            "test": {"images": len(test_images), "correct": correct, "accuracy": share},
        }

    def _one_epoch(self) -> str:
        self.model.train()
        layers = [layer for layer in self.model.modules() if isinstance(layer, BinaryWeights)]
        self._set_progress()
        steps = recipe.batches_per_epoch(len(self.train), self.recipe.batch_size)
        total = torch.zeros(())
        batches = recipe.batches(self.train, self.recipe.batch_size, self.generator)
        for step, batch in enumerate(batches):
            share = (self.epoch + step / steps) / self.recipe.epochs
            for group in self.optimizer.param_groups:
                group["lr"] = self.recipe.learning_rate * recipe.learning_rate_factor(
                    self.recipe.schedule, share
                )
            images = augment(
                self.images[batch], self.generator, flip=self.recipe.flip, crop=self.recipe.crop
            )
            logits = self.model(recipe.network_input(images))
            loss = recipe.loss(logits, self.labels[batch], self.recipe)
            if self.recipe.kurtosis_weight:
                latent = [layer.latent() for layer in layers]
                spread = kurtosis_loss(latent, self.recipe.kurtosis_target)
                loss = loss + self.recipe.kurtosis_weight * spread
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            for layer in layers:
                layer.clip()
            total += loss.detach()
        self.epoch += 1
        return self._judge(float(total) / steps)

    def _set_progress(self) -> None:
        """Tell the methods that change during training where it stands."""
        for module in self.model.modules():
            if isinstance(module, Ede | ReCU):
                module.set_progress(self.epoch / self.recipe.epochs)

    def _judge(self, loss: float) -> str:
        if not math.isfinite(loss):
            raise HwBnnError(
                f"train.learning_rate: the loss is {loss} in epoch {self.epoch} at"
                f" {self.recipe.learning_rate}; choose a smaller one"
            )
        record: dict[str, Any] = {"epoch": self.epoch, "loss": loss, "validation_accuracy": None}
        line = f"training: loss {loss:.4f}"
        if len(self.held_out):
            images, labels = self.images[self.held_out], self.labels[self.held_out]
            _, validation = accuracy(self.model, images, labels)
            record["validation_accuracy"] = validation
            line += f", validation accuracy {100 * validation:.2f}%"
        best = self.history[self.chosen_epoch - 1]["validation_accuracy"] if self.history else None
        if best is None or record["validation_accuracy"] >= best:
            self.chosen_epoch = self.epoch
            self.chosen_model = copy.deepcopy(self.model.state_dict())
        self.history.append(record)
        return line

    def _state(self) -> Checkpoint:
        return Checkpoint(
            config=checkpoints.sections(self.config),
            image_shape=list(self.dataset.image_shape),
            classes=self.dataset.classes,
            epoch=self.epoch,
            model=self.model.state_dict(),
            optimizer=self.optimizer.state_dict(),
            generator=self.generator.get_state(),
            history=self.history,
            chosen_epoch=self.chosen_epoch,
            chosen_model=self.chosen_model,
        )

    def _restore(self, state: Checkpoint, out: Path) -> None:
        try:
            self.model.load_state_dict(state.chosen_model)  # to see that it fits
            self.model.load_state_dict(state.model)
            self.optimizer.load_state_dict(state.optimizer)
            self.generator.set_state(state.generator)
        except (RuntimeError, ValueError, KeyError) as error:
            raise checkpoints.does_not_fit(out, error) from None
        self.epoch, self.history = state.epoch, state.history
        self.chosen_epoch, self.chosen_model = state.chosen_epoch, state.chosen_model
