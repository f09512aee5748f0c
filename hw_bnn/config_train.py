# SPDX-License-Identifier: BSD-3-Clause
"""The `train` section of an experiment file: the recipe.

What is in it decides the weights. Where they are computed (the device, how many processes) and
what is watched (TensorBoard) is no part of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from hw_bnn.config_model import Section


def _from_the_file(folder: Path, info: ValidationInfo) -> Path:
    """Read a relative path from the folder of the experiment file."""
    start: Path = (info.context or {}).get("folder", Path())
    return (start / folder).resolve()


RunFolder = Annotated[Path, Field(strict=False), AfterValidator(_from_the_file)]
"""Folder of a finished training; a relative one starts at the experiment file."""


class DistillationConfig(Section):
    """Learning from another network's outputs; see hw_bnn.training.objective."""

    teacher: RunFolder
    """Folder of a finished training on the same data; from the experiment file if relative."""
    temperature: float = Field(default=1.0, gt=0)
    """What both networks' outputs are divided by before they are compared."""
    weight: float = Field(default=1.0, gt=0, le=1)
    """Share of the loss that compares with the teacher; the rest compares with the labels."""


class AffineConfig(Section):
    """Largest random change of a training image, about its middle; each is drawn uniformly."""

    degrees: float = Field(default=0.0, ge=0, le=180)
    """Rotation, to either side."""
    translate: float = Field(default=0.0, ge=0, lt=1)
    """Move in x and in y, as a share of the side."""
    scale: float = Field(default=0.0, ge=0, lt=1)
    """Change of width and of height, as a share."""
    shear: float = Field(default=0.0, ge=0, lt=90)
    """Slant of upright lines, in degrees to either side."""


class TrainConfig(Section):
    """Training recipe."""

    epochs: int = Field(default=60, ge=1)
    """Passes over the training images; in each, a rest smaller than a batch is left out."""
    batch_size: int = Field(default=100, ge=2)
    """Images per step of the optimiser, of all processes together."""
    accumulate: int = Field(default=1, ge=1)
    """Parts that a batch is computed in, to save memory; batch normalisation sees a part."""
    optimiser: Literal["adam", "adamw", "sgd"] = "adam"
    """With torch's own settings but for the keys below."""
    learning_rate: float = Field(default=0.003, gt=0)
    """The largest; the schedule lowers it."""
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Only with sgd."""
    weight_decay: float = Field(default=0.0, ge=0)
    """As the optimiser has it: of the gradient with adam and sgd, of the weights with adamw."""
    decay: Literal["all", "weights"] = "all"
    """Which parameters decay: all, as in the published recipes, or matrices and kernels alone.
    Decay draws learned thresholds and the offsets of norms, which are thresholds too, to 0."""
    validation_fraction: float = Field(default=0.1, ge=0, lt=1)
    """Share of the training split held out to choose the checkpoint; 0: keep the last epoch."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Decides split, first weights, order and augmentation of the images."""
    schedule: Literal["cosine", "linear", "step"] = "cosine"
    """How the learning rate falls: to 0 as a cosine or a line, or in steps."""
    milestones: list[Annotated[float, Field(gt=0, lt=1)]] = Field(default=[0.5, 0.75])
    """Only with step: the shares of the training at which the learning rate is multiplied."""
    factor: float = Field(default=0.1, gt=0, lt=1)
    """Only with step: what it is multiplied by."""
    warmup_epochs: int = Field(default=0, ge=0)
    """Epochs in which the learning rate rises linearly to what the schedule says."""
    loss: Literal["cross_entropy", "squared_hinge"] = "cross_entropy"
    """What is minimised."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Only with cross_entropy."""
    distillation: DistillationConfig | None = None
    """Only with cross_entropy."""
    initial: RunFolder | None = None
    """Folder of a finished training, whose weights this one starts from."""
    ema_decay: float = Field(default=0.0, ge=0, lt=1)
    """Decay of the moving average of the weights that is evaluated and kept; 0: no average."""
    flip: bool = False
    """Mirror each training image left to right with probability 1/2."""
    crop: int = Field(default=0, ge=0, le=16)
    """Move each training image by up to so many pixels, up or down and left or right."""
    affine: AffineConfig | None = None
    """Rotate, move, scale and shear each training image."""
    kurtosis_weight: float = Field(default=0.0, ge=0)
    """Factor of the weights' kurtosis in the loss; see hw_bnn.nn.weights."""
    kurtosis_target: float = Field(default=1.8, ge=1)
    """Kurtosis that the weights are drawn to; 1.8 is a uniform distribution's."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the layers in training (bfloat16: torch.autocast); evaluation is always float32."""
    threads: int = Field(default=1, ge=1)
    """CPU threads; part of the recipe because float sums depend on it."""

    @model_validator(mode="after")
    def _keys_of_the_choices(self) -> Self:
        for key, owner, choice in (
            ("label_smoothing", "loss", "cross_entropy"),
            ("distillation", "loss", "cross_entropy"),
            ("momentum", "optimiser", "sgd"),
            ("milestones", "schedule", "step"),
            ("factor", "schedule", "step"),
        ):
            value, chosen = getattr(self, key), getattr(self, owner)
            if value != type(self).model_fields[key].default and chosen != choice:
                shown = "given" if key == "distillation" else value
                raise ValueError(f'{key} is {shown}: must be left out with {owner} "{chosen}"')
        return self

    @model_validator(mode="after")
    def _numbers_that_fit(self) -> Self:
        if self.milestones != sorted(set(self.milestones)):
            raise ValueError(f"milestones is {self.milestones}: must rise from one to the next")
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs is {self.warmup_epochs}: must be less than the {self.epochs} epochs"
            )
        if self.batch_size < 2 * self.accumulate:
            raise ValueError(
                f"accumulate is {self.accumulate}: must leave 2 of the {self.batch_size} images"
                " of a batch, or more, in each part"
            )
        return self
