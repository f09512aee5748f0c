# SPDX-License-Identifier: BSD-3-Clause
"""One training run in memory: network, optimiser, and what was found so far."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor

from hw_bnn.config import ExperimentConfig
from hw_bnn.data import Dataset
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.layers import BinaryWeights
from hw_bnn.nn.surrogates import Ede
from hw_bnn.nn.weights import ReCU
from hw_bnn.training import augment, checkpoint, recipe, start
from hw_bnn.training.checkpoint import Checkpoint
from hw_bnn.training.evaluation import accuracy
from hw_bnn.training.images import images_of
from hw_bnn.training.objective import Objective
from hw_bnn.training.optimiser import WeightAverage, build_optimiser
from hw_bnn.training.world import World, without_exchange

_LOOKED_AT = 200

Report = Callable[[int, Tensor], None]
"""Called after each step with the steps done in the epoch and the sum of their losses."""


class DivergedError(HwBnnError):
    """The loss or a parameter is not finite any more."""


class Trainer:
    """State of a run, and the steps that change it. Every process has one; all do the same.

    Args:
        config: data, model and train are used.
        dataset: its two splits.
        world: device and processes.
        state: what to go on from.

    Raises:
        HwBnnError: too few images, or the networks to start from do not fit.
        KeyError, RuntimeError, ValueError: the state is not one of this configuration.
    """

    def __init__(
        self, config: ExperimentConfig, dataset: Dataset, world: World, state: Checkpoint | None
    ) -> None:
        self.config, self.dataset, self.world = config, dataset, world
        self.recipe = config.train
        self.images = images_of(dataset.train_images, world.device)
        self.labels = torch.from_numpy(dataset.train_labels).to(world.device)
        self.train, self.held_out = recipe.split(len(self.labels), self.recipe)
        self.steps = recipe.batches_per_epoch(len(self.train), self.recipe.batch_size)
        self.batch = min(self.recipe.batch_size, len(self.train))
        self._require_two_images_in_each_part()
        self.model = start.new_model(config, dataset)
        if self.recipe.initial is not None and state is None:
            start.take_weights(self.model, self.recipe.initial)
        self.model.to(world.device)
        self.binary = [m for m in self.model.modules() if isinstance(m, BinaryWeights)]
        self.optimiser = build_optimiser(self.model, self.recipe)
        decay = self.recipe.ema_decay
        self.average = WeightAverage(self.model, decay) if decay else None
        self.generator = torch.Generator().manual_seed(self.recipe.seed)
        self.epoch = 0
        self.history: list[dict[str, Any]] = []
        self.chosen_epoch = 0
        self.chosen_model: dict[str, Tensor] = {}
        self.begun = state is not None
        self.sources = checkpoint.sources(config) if state is None else state.sources
        if state is not None:
            self._restore(state)
        self.objective = Objective(self.recipe, self.binary, self._teacher())
        self.network = world.wrap(self.model)

    def one_epoch(self, report: Report) -> None:
        """Train an epoch, judge the network, and keep it if it is the best so far."""
        started = time.monotonic()
        self.network.train()
        self._set_progress()
        total = torch.zeros((), device=self.world.device)
        batches = recipe.batches(self.train, self.recipe.batch_size, self.generator)
        own = self.world.part(self.batch)
        places = [batch[own] for batch in batches]
        taken = self.images.batches(places, (self.recipe.seed, self.epoch))
        for step, (place, images) in enumerate(zip(places, taken, strict=True)):
            self._set_learning_rate((self.epoch + step / self.steps) / self.recipe.epochs)
            total += self._step(images, place)
            report(step + 1, total)
        self.world.average_statistics(self.model)
        self.epoch += 1
        loss = float(self.world.sum(total)) / self.steps
        self._judge(loss, time.monotonic() - started)

    def use_chosen(self) -> None:
        """Give the model the chosen weights.

        Raises:
            RuntimeError: they are not those of this model.
        """
        self.model.load_state_dict(self.chosen_model)
        self.model.to(self.world.device)

    def some_images(self) -> Tensor:
        """Return the first held-out images, or training images, to look at the activations."""
        [images] = self.images.batches([torch.cat([self.held_out, self.train])[:_LOOKED_AT]])
        return images.to(self.world.device)

    @contextmanager
    def judged(self) -> Iterator[None]:
        """Let the model be the one that is judged: the average, if the recipe has one."""
        with self.average.in_place() if self.average is not None else nullcontext():
            yield

    def state(self) -> Checkpoint:
        """Return all that the next epoch depends on, on the CPU."""
        return Checkpoint(
            config=checkpoint.sections(self.config),
            image_shape=list(self.dataset.image_shape),
            classes=self.dataset.classes,
            epoch=self.epoch,
            model=checkpoint.on_cpu(dict(self.model.state_dict())),
            optimizer=checkpoint.on_cpu(self.optimiser.state_dict()),
            generator=self.generator.get_state(),
            history=self.history,
            chosen_epoch=self.chosen_epoch,
            chosen_model=self.chosen_model,
            average={} if self.average is None else checkpoint.on_cpu(self.average.values),
            images=len(self.labels),
            sources=self.sources,
        )

    def _restore(self, state: Checkpoint) -> None:
        self.model.load_state_dict(state.chosen_model)  # to see that it fits
        self.model.load_state_dict(state.model)
        self.model.to(self.world.device)  # Brevitas makes quantisers anew, on the CPU
        self.optimiser.load_state_dict(state.optimizer)
        self.generator.set_state(state.generator)
        if self.average is not None:
            self.average.load(state.average)
        self.epoch, self.history = state.epoch, state.history
        self.chosen_epoch, self.chosen_model = state.chosen_epoch, state.chosen_model

    def _teacher(self) -> torch.nn.Module | None:
        wanted = self.recipe.distillation
        if wanted is None or self.epoch == self.recipe.epochs:
            return None
        return start.load_teacher(wanted.teacher, self.dataset).to(self.world.device)

    def _require_two_images_in_each_part(self) -> None:
        parts = self.recipe.accumulate
        if self.batch // self.world.size // parts < 2:
            raise HwBnnError(
                f"train.batch_size: {self.batch} images in {self.world.size} processes x {parts}"
                " parts leave less than 2 in a part, too few for batch normalisation; choose fewer"
                " processes or a larger batch"
            )

    def _step(self, images: Tensor, place: Tensor) -> Tensor:
        """Take one step of the optimiser with this process's images of a batch, and their places.

        Returns:
            This process's share of the loss.
        """
        flip, crop, affine = self.recipe.flip, self.recipe.crop, self.recipe.affine
        moves = augment.draw(self.batch, self.generator, flip=flip, crop=crop, affine=affine)
        own = moves.part(self.world.part(self.batch))
        images = augment.augment(images.to(self.world.device), own)
        labels = self.labels[place.to(self.world.device)]
        self.optimiser.zero_grad()
        total = torch.zeros((), device=self.world.device)
        parts = self.recipe.accumulate
        pairs = zip(images.tensor_split(parts), labels.tensor_split(parts), strict=True)
        for number, (x, y) in enumerate(pairs, start=1):
            share = len(x) / self.batch
            with nullcontext() if number == parts else without_exchange(self.network):
                loss = self.objective(self.network, recipe.network_input(x), y) * share
                scaled = loss * self.world.size  # the exchange takes the mean of processes
                scaled.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        if not self.begun:  # thresholds may have started from this process's part of a batch
            self._begin()
        self.optimiser.step()
        for layer in self.binary:
            layer.clip()
        if self.average is not None:
            self.average.update()
        return total

    def _begin(self) -> None:
        """Let all processes and the average start where the first step found the parameters."""
        self.world.align(self.model)
        if self.average is not None:
            self.average.restart()
        self.begun = True

    def _set_learning_rate(self, progress: float) -> None:
        factor = recipe.learning_rate_factor(self.recipe, progress)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * factor

    def _set_progress(self) -> None:
        """Tell the methods that change during training where it stands."""
        for module in self.model.modules():
            if isinstance(module, Ede | ReCU):
                module.set_progress(self.epoch / self.recipe.epochs)

    def _best(self) -> float | None:
        """Validation accuracy of the chosen epoch, if there is one."""
        if not self.history:
            return None
        found: float | None = self.history[self.chosen_epoch - 1]["validation_accuracy"]
        return found

    def _judge(self, loss: float, seconds: float) -> None:
        if not math.isfinite(loss):
            raise DivergedError(
                f"train.learning_rate: the loss is {loss} in epoch {self.epoch} at"
                f" {self.recipe.learning_rate}; choose a smaller one"
            )
        for name, value in self.model.state_dict().items():
            if not value.isfinite().all():  # a binary weight of nan has a sign, and so a loss
                raise DivergedError(
                    f"train.learning_rate: {name} is not finite in epoch {self.epoch} at"
                    f" {self.recipe.learning_rate}; choose a smaller one"
                )
        record: dict[str, Any] = {
            "epoch": self.epoch,
            "loss": loss,
            "validation_accuracy": None,
            "learning_rate": self.optimiser.param_groups[0]["lr"],
            "seconds": round(seconds, 3),
            "images_per_second": round(self.steps * self.batch / seconds, 1),
        }
        with self.judged():
            if len(self.held_out):
                _, record["validation_accuracy"] = accuracy(
                    self.model, self.images, self.labels, self.held_out, self.world
                )
            best = self._best()
            if best is None or record["validation_accuracy"] >= best:
                self.chosen_epoch = self.epoch
                self.chosen_model = checkpoint.on_cpu(dict(self.model.state_dict()))
        self.history.append(record)
