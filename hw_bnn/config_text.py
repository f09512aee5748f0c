# SPDX-License-Identifier: BSD-3-Clause
"""Text side of the configuration: strict YAML in, one-line messages out."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import yaml

from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses repeated keys and reads 1e-3 as a number, as YAML 1.2 does."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen if isinstance(key, yaml.ScalarNode) else False:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value} stands twice", key.start_mark
                )
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def read_yaml(path: Path) -> object:
    """The content of a YAML file.

    Raises:
        HwBnnError: the file cannot be read or is not YAML; names line and column.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return yaml.load(text, Loader=_Loader)  # _Loader is a SafeLoader
    except FileNotFoundError:
        raise HwBnnError(f"{path}: no such file") from None
    except OSError as error:
        raise HwBnnError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise HwBnnError(f"{path}: must be UTF-8 text: byte {error.start} is not") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        raise HwBnnError(f"{path}:{where} not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise HwBnnError(f"{path}: not valid YAML: {reason}") from None


def put(values: dict[str, Any], key: str, value: Any, source: str) -> None:
    """Set a dotted key; what stands under it is replaced whole, sections that lack are made.

    Raises:
        HwBnnError: the key leads through something that is no section (one line).
    """
    *way, last = key.split(".")
    for part in way:
        if values.get(part) is None:
            values[part] = {}
        values = values[part]
        if not isinstance(values, dict):
            raise HwBnnError(f"{source}: the key {key} must lead through sections, {part} is none")
    values[last] = copy.deepcopy(value)


_BRANCHES = ("float", "int", "constrained-int", "mlp", "cnv", "resnet")
"""Names of union branches in pydantic's locations; lists' names have brackets."""

_RULES = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be greater than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "literal_error": "must be {expected}",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "path_type": "must be a file name",
    "finite_number": "must be a finite number",
    "model_type": "must be a mapping of keys to values",
    "too_short": "must have at least {min_length} value(s)",
    "string_pattern_mismatch": "must match {pattern}",
    "value_error": "{error}",
}


def explain(error: ValidationError, section: type[BaseModel], source: str) -> str:
    """The first refusal as `source: dotted.key is value: must be ...`."""
    errors = [(_location(e["loc"]), e) for e in error.errors(include_url=False)]
    head = errors[0][0]
    # Of the alternatives of a union, which are all listed, the one that got furthest is meant.
    same = [(at, e) for at, e in errors if at[: len(head)] == head]
    location, first = max(same, key=lambda pair: len(pair[0]))
    key = _dotted(location)
    kind = first["type"]
    if kind == "missing":
        keys = ", ".join(_fields(section, first["loc"]))
        wanted = f"some of the keys {keys}" if keys else "a value"
        return f"{source}: {key} is missing: give it {wanted}"
    if kind == "extra_forbidden":
        owner = _dotted(location[:-1]) or "the file"
        allowed = ", ".join(_fields(section, first["loc"][:-1]))
        return f"{source}: {key} is not a key of {owner}: must be one of {allowed}"
    if kind == "union_tag_invalid":
        found, allowed = first["input"]["kind"], first["ctx"]["expected_tags"].replace(",", " or")
        return f"{source}: {key}.kind is {_short(found)}: must be {allowed}"
    rule = _RULES.get(kind, first["msg"]).format(**first.get("ctx", {}))
    if kind == "value_error" and isinstance(first["input"], dict):  # rule between keys: starts so
        return f"{source}: {key}.{rule}" if key else f"{source}: {rule}"
    return f"{source}: {key} is {_short(first['input'])}: {rule}"


def _location(loc: tuple[int | str, ...]) -> list[int | str]:
    """Where in the file: pydantic's location less the names of union branches."""
    return [part for part in loc if str(part) not in _BRANCHES and "[" not in str(part)]


def _dotted(location: list[int | str]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")


def _short(value: object) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else None
    if text is None:
        text = repr(str(value)) if isinstance(value, Path) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _fields(section: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Names of the keys allowed at one of pydantic's locations; none where a plain value stands."""
    choices: tuple[Any, ...] = ()
    for part in loc:
        if part in section.model_fields:
            annotation = section.model_fields[str(part)].annotation
            found = [
                get_args(c)[0] if get_origin(c) is Annotated else c for c in get_args(annotation)
            ]
            choices = tuple(c for c in (annotation, *found) if hasattr(c, "model_fields"))
        else:  # the name of a branch: the sections in it say their kind
            choices = tuple(c for c in choices if c.model_fields["kind"].default == part)
        if not choices:
            return []
        section = choices[0]
    return list(section.model_fields)
