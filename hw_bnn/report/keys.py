# SPDX-License-Identifier: BSD-3-Clause
"""docs/experiment.md: every key of an experiment file, from the configuration's own schema."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hw_bnn import files
from hw_bnn.config import BuildConfig, DataConfig, ExperimentConfig, ViewConfig
from hw_bnn.config_model import (
    CnvConfig,
    ModelConfig,
    ResNetConfig,
    Section,
    SurrogateConfig,
    ThresholdConfig,
    WeightConfig,
)
from hw_bnn.config_train import AffineConfig, DistillationConfig, TrainConfig
from hw_bnn.report.benchmarks import Columns, table, text

PAGE = Path("docs/experiment.md")
SECTIONS: dict[str, type[Section]] = {
    "the file": ExperimentConfig,
    "data": DataConfig,
    "data.view": ViewConfig,
    "model, kind mlp": ModelConfig,
    "model, kind cnv": CnvConfig,
    "model, kind resnet": ResNetConfig,
    "model.threshold": ThresholdConfig,
    "model.surrogate": SurrogateConfig,
    "model.weights": WeightConfig,
    "train": TrainConfig,
    "train.distillation": DistillationConfig,
    "train.affine": AffineConfig,
    "build": BuildConfig,
}
_LIMITS = {
    "minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below",
}  # fmt: skip
_TYPES = {"integer": "whole number", "number": "number", "string": "text", "null": "null"}

HEAD = """\
# An experiment file

Every key, made by `python -m hw_bnn.report.results` from the checks themselves
([config.py](../hw_bnn/config.py), [config_model.py](../hw_bnn/config_model.py),
[config_train.py](../hw_bnn/config_train.py)). The file is YAML; what is not given
has its default, and an unknown key is refused.
What the methods are and when to take them: [training.md](training.md); the hardware:
[hardware.md](hardware.md).
"""


def page() -> str:
    """Return the text of the page."""
    parts = [HEAD]
    for name, section in SECTIONS.items():
        parts.append(f"## {name}\n\n{inspect.cleandoc(section.__doc__ or '')}\n")
        parts.append(f"{table(_rows(section), _COLUMNS)}\n")
    return "\n".join(parts)


def write(target: Path = PAGE) -> None:
    """Write the page."""
    files.write_text(target, page())


def _rows(section: type[Section]) -> Iterator[Mapping[str, str]]:
    schema = section.model_json_schema()
    for key, found in schema["properties"].items():
        needed = key in schema.get("required", ())
        default = json.dumps(found.get("default"))
        plain = not needed and default != "null" and not default.startswith("{")
        yield {
            "key": f"`{key}`",
            "values": _values(found),
            "default": "must be given" if needed else f"`{default}`" if plain else "",
            "meaning": " ".join(found.get("description", "").split()),
        }


_COLUMNS: Columns = {
    heading: lambda row, heading=heading: row[heading].replace("|", "\\|")  # type: ignore[misc]
    for heading in ("key", "values", "default", "meaning")
}


def _values(found: Mapping[str, Any]) -> str:
    """Say what a schema allows."""
    if {"$ref", "allOf", "oneOf"} & found.keys():
        return "section"
    if "anyOf" in found:
        return " or ".join(_values(one) for one in found["anyOf"] if one.get("type") != "null")
    if "enum" in found or "const" in found:
        return ", ".join(f"`{value}`" for value in found.get("enum", [found.get("const")]))
    if found["type"] == "boolean":
        return "`true`, `false`"
    if found["type"] == "array":
        least = f" of {found['minItems']} or more" if "minItems" in found else ""
        return f"list{least}: {_values(found['items'])}"
    kind = "path" if found.get("format") == "path" else _TYPES[found["type"]]
    limits = [f"{word} {text(found[key])}" for key, word in _LIMITS.items() if key in found]
    return " ".join([kind, *limits])
