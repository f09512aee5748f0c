# SPDX-License-Identifier: BSD-3-Clause
"""The study file: sections data, model and train of an experiment, then seeds and methods."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from hw_bnn import config_text
from hw_bnn.config import (
    DataConfig,
    ExperimentConfig,
    TrainingSections,
    validate,
)
from hw_bnn.config_model import Section
from hw_bnn.errors import HwBnnError

_SECTIONS = ("model.", "train.")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .,+_-]*")


def _folder_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(
            "must be of letters, digits, spaces and . , + _ - only, and begin with a letter or"
            " digit: it names a folder"
        )
    return name


Method = Annotated[str, Field(max_length=60), AfterValidator(_folder_name)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class StudyConfig(Section):
    """Methods times seeds under one recipe.

    A method maps dotted keys of the sections model and train to the values that stand there
    instead of the recipe's: `shift -0.5: {model.threshold: {policy: shift, shift: -0.5}}`.
    """

    name: str = Field(default="study", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Title; the file's name unless given."""
    data: DataConfig
    model: dict[str, Any] = Field(default_factory=dict)
    train: dict[str, Any] = Field(default_factory=dict)
    seeds: list[Seed] = Field(min_length=1)
    """One training per method and seed; train.seed is not used."""
    methods: dict[Method, dict[str, Any]] = Field(min_length=1)
    baseline: str = ""
    """The method that the others are compared with; the first unless given."""
    pairs: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(
        default_factory=list
    )
    """What else is compared: a method, and another."""
    _folder: Path = PrivateAttr(default=Path())
    """Where relative folders start: the study file's."""

    def model_post_init(self, context: Any) -> None:
        """Take the folder from pydantic's context; see hw_bnn.config.validate."""
        self._folder = (context or {}).get("folder", Path())

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds are {self.seeds}: must differ from each other")
        if self.baseline and self.baseline not in self.methods:
            names = ", ".join(self.methods)
            raise ValueError(f"baseline is {self.baseline!r}: must be one of the methods {names}")
        for one, other in self.pairs:
            for name in (one, other):
                if name not in self.methods:
                    names = ", ".join(self.methods)
                    raise ValueError(f"pairs has {name!r}: must be one of the methods {names}")
            again = self.pairs.count([one, other]) + self.pairs.count([other, one]) > 1
            if one == other or self.reference in (one, other) or again:
                raise ValueError(
                    f"pairs has [{one}, {other}]: must be two methods, once, and none the baseline,"
                    " with which all are compared"
                )
        return self

    @property
    def reference(self) -> str:
        """The baseline, named or the first method."""
        return self.baseline or next(iter(self.methods))

    def experiment(self, method: str, seed: int, source: str = "study") -> ExperimentConfig:
        """Return what is trained for one method and seed.

        Raises:
            HwBnnError: a key or value of the recipe or of the method is refused (one line).
        """
        values = {"model": copy.deepcopy(self.model), "train": copy.deepcopy(self.train)}
        where = f"{source}: methods.{method}"
        for key, value in self.methods[method].items():
            if key == "train.seed":
                raise HwBnnError(f"{where}: train.seed is no method: list the seeds under seeds")
            if not key.startswith(_SECTIONS):
                raise HwBnnError(f"{where}: the key {key} must begin with model. or train.")
            config_text.put(values, key, value, where)
        values["train"]["seed"] = seed
        sections = {"data": self.data.model_dump(), **values}
        checked = validate(TrainingSections, sections, where, self._folder)
        return ExperimentConfig(
            name=self.name,
            data=checked.data,
            model=checked.model,
            train=checked.train,
        )


def load_study(path: Path) -> StudyConfig:
    """Read a study file; every method's experiment is checked before anything is trained.

    Raises:
        HwBnnError: the file is missing, is not YAML, or a key or value is refused (one line).
    """
    values = config_text.read_yaml(path)
    if isinstance(values, dict):
        values = {"name": path.stem, **values}
    config = validate(StudyConfig, values, str(path), path.parent)
    base = {"data": config.data.model_dump(), "model": config.model, "train": config.train}
    validate(TrainingSections, base, str(path))
    for method in config.methods:
        config.experiment(method, config.seeds[0], str(path))
    return config
