# SPDX-License-Identifier: BSD-3-Clause
"""Exact integer thresholds by tabulation.

Between the integer sum z of a binary layer and the next layer stands a chain of per-channel
operations, possibly with a max-pool among them. It is not folded by algebra: it is evaluated, in
the float32 arithmetic of the source, on every z that can occur, and the points where the output
changes are read off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.levels import Levels
from hw_bnn.export.model import dynamic_inputs, run_chain
from hw_bnn.export.network import ELEMENTWISE, shape_of
from hw_bnn.export.windows import pool_window

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.export.network import Layer


@dataclass(frozen=True)
class Chain:
    """What follows a layer, taken apart: before @ pool @ after, then moves and padding."""

    before: tuple[NodeProto, ...]
    pool: NodeProto | None
    after: tuple[NodeProto, ...]
    moves: tuple[NodeProto, ...]
    pad: NodeProto | None


@dataclass(frozen=True)
class Thresholds:
    """The activation of a layer as integer comparisons.

    code = lo + step * (number of thresholds <= z), where z is the sum on the channel's own
    weights, negated where `inverted`; then max-pool; then times -1 where `negated`.

    Attributes:
        values: int64 [channels, steps], ascending; in the domain of z.
        inverted: bool [channels]; the source falls where the comparison must rise.
        negated: bool [channels]; the source takes the smallest of a window, not the largest.
    """

    values: npt.NDArray[np.int64]
    inverted: npt.NDArray[np.bool_]
    negated: npt.NDArray[np.bool_]


def take_apart(model: ModelWrapper, layer: Layer) -> Chain:
    """Sort the nodes after a layer into element-wise parts, one max-pool, moves and padding.

    Raises:
        HwBnnError: for an order that cannot be expressed, or operands that are not per channel.
    """
    parts: dict[bool, list[NodeProto]] = {False: [], True: []}
    moves: list[NodeProto] = []
    pool = pad = None
    for node in layer.chain:
        if node.op_type in ELEMENTWISE:
            if pad is not None:
                raise _misplaced(node, f"after the padding {pad.name}")
            _require_per_channel(model, node, 1 if moves else layer.channels)
            parts[pool is not None].append(node)
        elif node.op_type == "MaxPool":
            if pool is not None or moves or pad is not None:
                raise _misplaced(node, "after another MaxPool, a reshape or padding")
            pool_window(node)  # refuses windows that hardware has not
            pool = node
        elif node.op_type == "Pad":
            if pad is not None or moves:
                raise _misplaced(node, "after other padding or a reshape")
            pad = node
        elif _moves_elements(model, node):
            if pad is not None:
                raise _misplaced(node, f"after the padding {pad.name}")
            moves.append(node)
    return Chain(tuple(parts[False]), pool, tuple(parts[True]), tuple(moves), pad)


def _moves_elements(model: ModelWrapper, node: NodeProto) -> bool:
    """Whether a reshape or transpose does anything at all."""
    before = shape_of(model, dynamic_inputs(model, node)[0])
    return node.op_type == "Transpose" or shape_of(model, node.output[0]) != before


def _misplaced(node: NodeProto, where: str) -> HwBnnError:
    return HwBnnError(f"node {node.name}: {node.op_type} {where} is not supported; move it before")


def sums_of(layer: Layer, inputs: Levels) -> npt.NDArray[np.int64]:
    """Return the integers that the layer's sums may be, ascending and symmetric around 0."""
    bound = layer.taps * max(abs(inputs.lo), abs(inputs.hi))
    return np.arange(-bound, bound + 1, inputs.step, dtype=np.int64)


def tabulate(
    model: ModelWrapper,
    nodes: Sequence[NodeProto],
    values: npt.NDArray[np.float32],
    layer: Layer,
) -> npt.NDArray[np.float32]:
    """Evaluate element-wise nodes of a chain.

    Args:
        model: the model that holds the nodes.
        nodes: consecutive but for the nodes left out between them; may be empty.
        values: [n, channels], the inputs.
        layer: the layer that they follow.

    Returns:
        float32 [n, channels].
    """
    if not nodes:
        return values
    shape = values.shape if layer.window is None else (*values.shape, 1, 1)
    chain = _connected(model, nodes)
    found = run_chain(model, chain, values.reshape(shape), f"after layer {layer.name}")
    return found.reshape(values.shape)


def _connected(model: ModelWrapper, nodes: Sequence[NodeProto]) -> list[NodeProto]:
    """Copy nodes of a chain and rewire them past the nodes left out between them."""
    from onnx import NodeProto

    chain: list[NodeProto] = []
    for node in nodes:
        copy = NodeProto()
        copy.CopyFrom(node)
        if chain:
            moving = list(node.input).index(dynamic_inputs(model, node)[0])
            copy.input[moving] = chain[-1].output[0]
        chain.append(copy)
    return chain


def _require_per_channel(model: ModelWrapper, node: NodeProto, channels: int) -> None:
    """Refuse operands that are neither scalar nor one value per channel, in the right axis."""
    shape = shape_of(model, node.output[0])
    if shape != shape_of(model, dynamic_inputs(model, node)[0]):
        raise HwBnnError(
            f"node {node.name}: the constant of {node.op_type} changes the shape to {list(shape)}; "
            f"one value, or one for each of {channels} channels, is supported"
        )
    rank = len(shape)
    for name in node.input:
        value = model.get_initializer(name) if name else None
        if value is None or value.size == 1:
            continue
        if node.op_type == "BatchNormalization":
            fits = len(value) == channels
        elif node.op_type == "MultiThreshold":
            fits = len(value) in (1, channels) and _layout(node) in ("", "NC", "NCHW")
        else:
            axis = value.ndim - (rank - 1)
            fits = value.size == channels and axis >= 0 and value.shape[axis] == channels
        if not fits:
            raise HwBnnError(
                f"node {node.name}: an operand of {node.op_type} has shape {list(value.shape)}; "
                f"one value, or one for each of {channels} channels, is supported"
            )


def _layout(node: NodeProto) -> str:
    layouts = [
        attribute.s.decode() for attribute in node.attribute if attribute.name == "data_layout"
    ]
    return layouts[0] if layouts else ""


def tabulate_chain(
    model: ModelWrapper, layer: Layer, chain: Chain, inputs: Levels
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Evaluate a chain on all sums.

    Returns:
        The table, float32 [sums, channels], and bool [channels]: the max-pool of the source is a
        min-pool of these values, because what follows it falls.
    """
    grid = sums_of(layer, inputs).astype(np.float32) * np.float32(inputs.scale * layer.scale)
    before = tabulate(model, chain.before, np.repeat(grid[:, None], layer.channels, 1), layer)
    table = tabulate(model, chain.after, before, layer)
    smallest = np.zeros(layer.channels, dtype=np.bool_)
    if chain.pool is not None and chain.after:
        order = np.argsort(before, axis=0, kind="stable")
        rise = np.diff(np.take_along_axis(table, order, axis=0), axis=0)
        smallest = np.asarray((rise < 0).any(axis=0))
        mixed = smallest & (rise > 0).any(axis=0)
        if mixed.any():
            raise HwBnnError(
                f"layer {layer.name}, channel {int(np.argmax(mixed))}: what follows MaxPool "
                f"{chain.pool.name} both rises and falls; use a monotonic function"
            )
    return table, smallest


def read_thresholds(
    table: npt.NDArray[np.float32],
    smallest: npt.NDArray[np.bool_],
    levels: Levels,
    sums: npt.NDArray[np.int64],
    layer: str,
) -> Thresholds:
    """Read the thresholds of each channel from a tabulated chain.

    Args:
        table: float32 [sums, channels]; the activation at each sum.
        smallest: bool [channels]; pooling takes the smallest.
        levels: of the table's values.
        sums: int64 [sums], ascending, symmetric around 0.
        layer: the layer's name, for messages.

    Raises:
        HwBnnError: if a channel both rises and falls.
    """
    codes = levels.codes(table)
    if smallest.any() and levels.lo != -levels.hi:
        raise HwBnnError(
            f"layer {layer}, channel {int(np.argmax(smallest))}: a falling function of a max-pool "
            f"into the levels {levels.lo}..{levels.hi} is not supported; pool after the quantiser"
        )
    codes[:, smallest] *= -1
    rise = np.diff(codes, axis=0)
    inverted = np.asarray((rise < 0).any(axis=0))
    mixed = inverted & (rise > 0).any(axis=0)
    if mixed.any():
        channel = int(np.argmax(mixed))
        raise HwBnnError(
            f"layer {layer}, channel {channel}: the activation changes direction as the sum rises "
            f"({np.count_nonzero(rise[:, channel])} flips); thresholds cannot express it: use a "
            "monotonic function"
        )
    codes[:, inverted] = codes[::-1, inverted]
    padded = np.append(sums, sums[-1] + (sums[1] - sums[0]))
    # Threshold k lies at the first sum whose code is beyond level k; past the end: never.
    bounds = levels.lo + levels.step * np.arange(1, levels.steps + 1)
    first = np.stack([np.count_nonzero(codes < bound, axis=0) for bound in bounds], axis=1)
    return Thresholds(padded[first], inverted, smallest)
