# SPDX-License-Identifier: BSD-3-Clause
"""Folding: how many outputs (PE) and inputs (SIMD) of each layer are computed in one cycle."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qonnx.custom_op.registry import getCustomOp

from hw_bnn.errors import HwBnnError
from hw_bnn.files import read_json

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

Folding = dict[str, dict[str, int]]
"""{node: {attribute: value}}, as in FINN's folding files."""


def layers(model: ModelWrapper) -> dict[str, Any]:
    """Return the matrix-vector units of a dataflow graph by node name, in order."""
    return {n.name: getCustomOp(n) for n in model.graph.node if n.op_type == "XnorMVAU_rtl"}


def windows(model: ModelWrapper) -> dict[str, Any]:
    """Return the sliding windows of a dataflow graph by node name, in order."""
    return {n.name: getCustomOp(n) for n in model.graph.node if n.op_type == "SlidingWindow_rtl"}


def foldable(model: ModelWrapper) -> dict[str, Any]:
    """Return the operators of a dataflow graph that can be folded, by node name, in order."""
    return {n.name: getCustomOp(n) for n in model.graph.node if n.op_type in _LIMITS}


def limits(unit: Any) -> dict[str, tuple[list[int], str]]:
    """Return the attributes that fold an operator, with their values and the rule of these."""
    return _LIMITS[unit.onnx_node.op_type](unit)


def _divisors(total: int, what: str) -> tuple[list[int], str]:
    return divisors(total), f"divide the layer's {total} {what}"


def _positions(window: Any) -> tuple[list[int], str]:
    rule = f"divide the layer's {window.channels} channels, or be those of a kernel's row or of all"
    return window.simd_values(), rule


_LIMITS: dict[str, Callable[[Any], dict[str, tuple[list[int], str]]]] = {
    "XnorMVAU_rtl": lambda unit: {
        "PE": _divisors(unit.shape[1], "outputs"),
        "SIMD": _divisors(unit.shape[0], "inputs"),
    },
    "SlidingWindow_rtl": lambda window: {"SIMD": _positions(window)},
    "StreamMaxPool_rtl": lambda pool: {"PE": _divisors(pool.channels, "channels")},
}


def read_folding(path: Path, model: ModelWrapper) -> Folding:
    """Read a FINN folding file and check it against the graph.

    Returns:
        Values of all foldable nodes. Where the file says nothing, they are 1 for matrix-vector
        units; windows and pools follow these.

    Raises:
        HwBnnError: for an unknown node or attribute, or a value that does not divide.
    """
    content = load_folding(path)
    units = foldable(model)
    unknown = [name for name in content if name not in units]
    if unknown:
        raise HwBnnError(f"{path}: no node {unknown[0]}; the layers are {', '.join(units)}")
    given = {name: content.get(name, {}) for name in units}
    for name, unit in units.items():
        check(f"{path}: {name}", unit, given[name])
    matrices = {name: {"PE": 1, "SIMD": 1} | given[name] for name in layers(model)}
    return {name: values | given[name] for name, values in complete(model, matrices).items()}


def load_folding(path: Path) -> Folding:
    """Read a folding file as far as it can be judged without a network.

    Raises:
        HwBnnError: if it holds anything but whole numbers PE and SIMD by node, or a node twice.
    """
    content = read_json(path, unique=True)
    if not isinstance(content, dict):
        raise HwBnnError(f"{path}: must be a mapping from node names to PE and SIMD")
    if content.pop("Defaults", {}):
        raise HwBnnError(f"{path}: Defaults must be empty; give PE and SIMD for each layer by name")
    for name, values in content.items():
        if not isinstance(values, dict):
            raise HwBnnError(f"{path}: {name} must be a mapping with PE and SIMD")
        for key, value in values.items():
            if key not in ("PE", "SIMD"):
                raise HwBnnError(
                    f"{path}: {name}.{key} is not known; known: PE and SIMD (memories are chosen by"
                    " their size); take it out"
                )
            if not isinstance(value, int) or isinstance(value, bool):
                raise HwBnnError(f"{path}: {name}.{key} is {value!r}: must be a whole number")
    return content


def check(name: str, unit: Any, folding: dict[str, int]) -> None:
    """Refuse an attribute that the unit does not have, or a value that it cannot take."""
    known = limits(unit)
    for key, value in folding.items():
        if key not in known:
            raise HwBnnError(f"{name}.{key} is not known; known: {' and '.join(known)}")
        values, rule = known[key]
        if value not in values:
            raise HwBnnError(
                f"{name}.{key} is {value}: must {rule} ({', '.join(map(str, values))})"
            )


def complete(model: ModelWrapper, matrices: Folding) -> Folding:
    """Add windows and pools to the folding of the matrix-vector units.

    A pool takes the words that its unit gives. A window gives the words that its unit wants, or
    those of one position; wider ones, up to whole windows, if it would be slower than the slowest
    unit.
    """
    units = foldable(model)
    slowest = max(
        _vectors(units[name]) * _folds(units[name].shape, values)
        for name, values in matrices.items()
    )
    folding: Folding = {}
    names = list(units)
    for index, (name, unit) in enumerate(units.items()):
        if name in matrices:
            folding[name] = matrices[name]
        elif unit.onnx_node.op_type == "StreamMaxPool_rtl":
            before = next(n for n in reversed(names[:index]) if n in matrices)
            folding[name] = {"PE": matrices[before]["PE"]}
        else:
            after = next(n for n in names[index:] if n in matrices)
            common = math.gcd(unit.channels, matrices[after]["SIMD"])
            options = [d for d in unit.simd_values() if d % common == 0]
            fast = (d for d in options if unit.cycles(d) <= slowest)
            folding[name] = {"SIMD": next(fast, options[-1])}
    return folding


def _vectors(unit: Any) -> int:
    """Number of input vectors of an image."""
    return int(np.prod(unit.get_nodeattr("numInputVectors")))


def _folds(shape: tuple[int, int], values: dict[str, int]) -> int:
    """Cycles per vector."""
    return shape[0] // values["SIMD"] * (shape[1] // values["PE"])


def divisors(number: int) -> list[int]:
    """Return the divisors of a number, ascending."""
    return [d for d in range(1, number + 1) if number % d == 0]
