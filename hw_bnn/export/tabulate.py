# SPDX-License-Identifier: BSD-3-Clause
"""Exact integer thresholds by tabulation.

Between the integer sum z of a binary layer and the next layer stands a chain of per-channel
operations, possibly with a max-pool among them. It is not folded by algebra: it is evaluated, in
the float32 arithmetic of the source, on every z that can occur, and the points where the output
changes are read off.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.levels import Levels
from hw_bnn.export.model import constant, dynamic_inputs, run_finite, sub_model
from hw_bnn.export.network import ELEMENTWISE, shape_of
from hw_bnn.export.windows import pool_window

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.export.network import Layer

ALL = slice(None)


@dataclass(frozen=True)
class Chain:
    """What follows a layer, taken apart: before @ pool @ after, then moves and padding."""

    before: tuple[NodeProto, ...]
    pool: NodeProto | None
    after: tuple[NodeProto, ...]
    moves: tuple[NodeProto, ...]
    pad: NodeProto | None


def take_apart(model: ModelWrapper, layer: Layer) -> Chain:
    """Sort the nodes after a layer into element-wise parts, one max-pool, moves and padding.

    Raises:
        HwBnnError: for an order that cannot be expressed, or operands that are not per channel.
    """
    parts: dict[bool, list[NodeProto]] = {False: [], True: []}
    moves: list[NodeProto] = []
    pool = pad = None
    in_place = True  # no element of a channel is elsewhere
    for node in layer.chain:
        if node.op_type in ELEMENTWISE:
            if pad is not None:
                raise _misplaced(node, f"after the padding {pad.name}")
            _require_per_channel(model, node, layer.channels if in_place else 1)
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
            shape = shape_of(model, node.output[0])
            in_place &= layer.channels == math.prod(shape) == shape[min(1, len(shape) - 1)]
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
    channels: slice = ALL,
) -> npt.NDArray[np.float32]:
    """Evaluate element-wise nodes of a chain.

    Args:
        model: the model that holds the nodes.
        nodes: consecutive but for the nodes left out between them; may be empty.
        values: [n, channels], the inputs.
        layer: the layer that they follow.
        channels: which of the layer's channels these are.

    Returns:
        float32 [n, channels].
    """

    def rank(node: NodeProto) -> int:
        return len(shape_of(model, node.output[0]))

    for dimensions, group in itertools.groupby(nodes, rank):
        chain = _connected(model, list(group))
        shape = (*values.shape, *[1] * (dimensions - 2))
        own = _of_channels(model, chain, layer.channels, channels)
        part = sub_model(model, chain, shape, f"after layer {layer.name}", own)
        values = run_finite(part, values.reshape(shape)).reshape(values.shape)
    return values


def _of_channels(
    model: ModelWrapper, nodes: Sequence[NodeProto], total: int, channels: slice
) -> dict[str, npt.NDArray[Any]]:
    """Return some channels of the operands that have a value for each; see take_apart."""
    found = {}
    for node in nodes:
        for name in node.input:
            value = constant(model, name)
            if value is None or value.size == 1 or channels == ALL:
                continue
            first = node.op_type in ("BatchNormalization", "MultiThreshold")
            axis = 0 if first else int(np.argmax(value.shape))
            if value.shape[axis] == total:
                found[name] = value[(slice(None),) * axis + (channels,)]
    return found


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
    model: ModelWrapper, layer: Layer, chain: Chain, inputs: Levels, channels: slice = ALL
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Evaluate a chain on all sums, for all channels or some of them.

    Returns:
        The table, float32 [sums, channels], and bool [channels]: the max-pool of the source is a
        min-pool of these values, because what follows it falls.
    """
    grid = sums_of(layer, inputs).astype(np.float32) * np.float32(inputs.scale * layer.scale)
    count = len(range(layer.channels)[channels])
    before = np.repeat(grid[:, None], count, axis=1)
    before = tabulate(model, chain.before, before, layer, channels)
    table = tabulate(model, chain.after, before, layer, channels)
    smallest = np.zeros(count, dtype=np.bool_)
    if chain.pool is not None and chain.after:
        order = np.argsort(before, axis=0, kind="stable")
        rise = np.diff(np.take_along_axis(table, order, axis=0), axis=0)
        smallest = np.asarray((rise < 0).any(axis=0))
        mixed = smallest & (rise > 0).any(axis=0)
        if mixed.any():
            channel = (channels.start or 0) + int(np.argmax(mixed))
            raise HwBnnError(
                f"layer {layer.name}, channel {channel}: what follows MaxPool {chain.pool.name} "
                "both rises and falls; use a monotonic function"
            )
    return table, smallest
