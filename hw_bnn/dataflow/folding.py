# SPDX-License-Identifier: BSD-3-Clause
"""Folding: how many outputs (PE) and inputs (SIMD) of each layer are computed in one cycle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qonnx.custom_op.registry import getCustomOp

from hw_bnn.errors import HwBnnError
from hw_bnn.files import read_json

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

DEFAULT_CYCLES = 1000
"""Cycles per image aimed at when neither a rate nor a folding file is given."""

_ATTRIBUTES = ("PE", "SIMD")


def layers(model: ModelWrapper) -> dict[str, Any]:
    """Return the matrix-vector units of a dataflow graph by node name, in order."""
    return {n.name: getCustomOp(n) for n in model.graph.node if n.op_type == "XnorMVAU_rtl"}


def read_folding(path: Path, model: ModelWrapper) -> dict[str, dict[str, int]]:
    """Read a FINN folding file and check it against the graph.

    Returns:
        {node: {"PE": ..., "SIMD": ...}} for every matrix-vector unit; 1 where the file says
        nothing.

    Raises:
        HwBnnError: for an unknown node or attribute, or a value that does not divide.
    """
    content = read_json(path)
    units = layers(model)
    if not isinstance(content, dict):
        raise HwBnnError(f"{path}: must be a mapping from node names to PE and SIMD")
    unknown = [name for name in content if name not in units and name != "Defaults"]
    if unknown:
        raise HwBnnError(f"{path}: no node {unknown[0]}; the layers are {', '.join(units)}")
    if content.get("Defaults"):
        raise HwBnnError(f"{path}: Defaults must be empty; give PE and SIMD for each layer by name")
    folding = {}
    for name, unit in units.items():
        values = content.get(name, {})
        if not isinstance(values, dict):
            raise HwBnnError(f"{path}: {name} must be a mapping with PE and SIMD")
        for key in values:
            if key not in _ATTRIBUTES:
                raise HwBnnError(f"{path}: {name}.{key} is not known; PE and SIMD are")
        folding[name] = {key: values.get(key, 1) for key in _ATTRIBUTES}
        check(f"{path}: {name}", unit.shape, folding[name])
    return folding


def check(name: str, shape: tuple[int, int], folding: dict[str, int]) -> None:
    """Refuse a folding that does not divide the matrix [inputs, outputs]."""
    for key, total, what in (("PE", shape[1], "outputs"), ("SIMD", shape[0], "inputs")):
        value = folding[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < 1 or total % value:
            raise HwBnnError(
                f"{name}.{key} is {value}: must divide the layer's {total} {what} "
                f"({', '.join(map(str, divisors(total)))})"
            )


def divisors(number: int) -> list[int]:
    """Return the divisors of a number, ascending."""
    return [d for d in range(1, number + 1) if number % d == 0]


def solve(model: ModelWrapper, cycles: int) -> dict[str, dict[str, int]]:
    """Choose, for each layer, the fewest lanes PE * SIMD that take at most `cycles` an image.

    Among equals the larger SIMD wins: accumulators and comparisons cost per PE.

    Raises:
        HwBnnError: if a layer cannot be that fast even when fully unrolled.
    """
    folding = {}
    for name, unit in layers(model).items():
        inputs, outputs = unit.shape
        unit_cycles = unit.get_exp_cycles() * unit.folding[0] * unit.folding[1]  # at PE = SIMD = 1
        options = [
            (pe * simd, pe, simd)
            for pe in divisors(outputs)
            for simd in divisors(inputs)
            if unit_cycles // (pe * simd) <= cycles
        ]
        if not options:
            raise HwBnnError(
                f"layer {name} needs {unit_cycles // (inputs * outputs)} cycles an image even "
                f"fully unrolled, the target is {cycles}; lower the target rate"
            )
        _, pe, simd = min(options)
        folding[name] = {"PE": pe, "SIMD": simd}
    return folding
