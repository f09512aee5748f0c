# SPDX-License-Identifier: BSD-3-Clause
"""The sweep file: an experiment file, and a section `search` that says what is tried."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from hw_bnn import config_text
from hw_bnn.config import ExperimentConfig, validate
from hw_bnn.config_model import Section
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    import optuna

_SECTIONS = ("model", "train")
_FIXED = "train.validation_fraction"


class Search(Section):
    """Values of one key: all numbers from low to high, whole ones if both are; or some choices."""

    low: float | int | None = None
    high: float | int | None = None
    log: bool = False
    """Whether ratios count, not differences."""
    choices: list[Any] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _range_or_choices(self) -> Self:
        if self.choices is not None:
            if {"low", "high", "log"} & self.model_fields_set:
                raise ValueError("choices are given: must stand without low, high and log")
            return self
        if self.low is None or self.high is None:
            raise ValueError("low or high is missing: must have both, or choices")
        if self.low >= self.high:
            raise ValueError(f"low is {self.low}: must be less than high, {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"low is {self.low}: must be greater than 0 with log")
        return self

    def ends(self) -> list[Any]:
        """Return values that show whether the key can have all of them."""
        return [self.low, self.high] if self.choices is None else self.choices

    def suggest(self, trial: optuna.Trial, key: str) -> None:
        """Choose a value for a trial; see Sweep.values."""
        if self.choices is not None:
            trial.suggest_categorical(key, [json.dumps(choice) for choice in self.choices])
            return
        low, high = self.low, self.high
        if isinstance(low, int) and isinstance(high, int):
            trial.suggest_int(key, low, high, log=self.log)
        elif low is not None and high is not None:
            trial.suggest_float(key, low, high, log=self.log)


@dataclass(frozen=True)
class Sweep:
    """A checked sweep file."""

    source: str
    folder: Path
    experiment: dict[str, Any]
    """Content of the experiment file, unchecked keys and values as written."""
    search: dict[str, Search]

    @property
    def name(self) -> str:
        """The experiment's."""
        return str(self.experiment["name"])

    def config(self, values: dict[str, Any]) -> ExperimentConfig:
        """Return the experiment with other values at dotted keys.

        Raises:
            HwBnnError: a value is refused, or two do not go together (one line).
        """
        content = copy.deepcopy(self.experiment)
        for key, value in values.items():
            config_text.put(content, key, value, self.source)
        return validate(ExperimentConfig, content, self.source, self.folder)

    def values(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return what an Optuna trial's parameters stand for; choices are JSON texts there."""
        return {
            key: value if self.search[key].choices is None else json.loads(value)
            for key, value in params.items()
        }


def load_sweep(path: Path) -> Sweep:
    """Read a sweep file; every key, and the ends of every range, are checked before any training.

    Raises:
        HwBnnError: the file is missing, is not YAML, or a key or value is refused (one line).
    """
    content = config_text.read_yaml(path)
    if not isinstance(content, dict) or not _is_mapping(content.get("search")):
        raise HwBnnError(
            f"{path}: search is missing: must map keys, as train.learning_rate, to"
            " {low, high, log} or {choices}"
        )
    experiment = {"name": path.stem, **content}
    searches = {
        str(key): validate(Search, value, f"{path}: search.{key}")
        for key, value in experiment.pop("search").items()
    }
    sweep = Sweep(str(path), path.parent, experiment, searches)
    fraction = sweep.config({}).train.validation_fraction
    if not fraction:
        raise HwBnnError(
            f"{path}: train.validation_fraction is {fraction}: must be greater than 0, since"
            " trials are compared on held-out images"
        )
    for key, search in searches.items():
        if key.split(".")[0] not in _SECTIONS or "." not in key or key == _FIXED:
            raise HwBnnError(
                f"{path}: search.{key} cannot be searched: must be a key of model or train other"
                f" than {_FIXED}"
            )
        meant = replace(sweep, source=f"{path}: search.{key}")
        for value in search.ends():
            meant.config({key: value})
    return sweep


def _is_mapping(value: object) -> bool:
    return isinstance(value, dict) and bool(value)
