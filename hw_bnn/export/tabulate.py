# SPDX-License-Identifier: BSD-3-Clause
"""Exact integer thresholds by tabulation.

Between the integer sum z of a binary layer and the next activation stands a chain of per-channel
operations. It is not folded by algebra: it is evaluated, in the float32 arithmetic of the source,
on every z that can occur, and the point where the output bit flips is read off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.model import dynamic_inputs, run_model, sub_model
from hw_bnn.export.network import ELEMENTWISE, require_power_of_two

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper


@dataclass(frozen=True)
class Thresholds:
    """One comparison per channel: y = +1 iff P >= popcount, on the channel's own weights.

    P is the popcount of XNOR, 0..K; popcount 0 means always, K+1 never.

    Attributes:
        popcount: int64 [channels], 0..K+1, after `inverted` is applied to the weights.
        inverted: bool [channels]; the source falls with z, so its weights are negated.
        scale: the activation's two levels in the source are -scale and +scale.
    """

    popcount: npt.NDArray[np.int64]
    inverted: npt.NDArray[np.bool_]
    scale: float


def tabulate(
    model: ModelWrapper,
    nodes: tuple[NodeProto, ...],
    sums: npt.NDArray[np.float32],
    channels: int,
    layer: str,
) -> npt.NDArray[np.float32]:
    """Evaluate a chain on every value of `sums` in every channel.

    Args:
        model: the model that holds the nodes.
        nodes: the chain after the layer; may be empty.
        sums: [n], the values that the layer's output can take, ascending.
        channels: number of channels.
        layer: the layer's name, for messages.

    Returns:
        float32 [n, channels].
    """
    acting = []
    for node in nodes:
        if node.op_type in ELEMENTWISE:
            _require_per_channel(model, node, channels)
            acting.append(node)
        elif list(model.get_tensor_shape(node.output[0])) != [1, channels]:
            raise HwBnnError(
                f"node {node.name}: {node.op_type} after layer {layer} changes the shape to "
                f"{list(model.get_tensor_shape(node.output[0]))}; only [1, {channels}] is supported"
            )
    grid = np.repeat(sums[:, None], channels, axis=1)
    if not acting:
        return grid
    chain = _connected(model, acting)
    return run_model(sub_model(model, chain, grid.shape, f"after {layer}"), grid)


def _connected(model: ModelWrapper, nodes: list[NodeProto]) -> list[NodeProto]:
    """Copy nodes of a chain and rewire them past the shape-only nodes left out between them."""
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
    """Refuse a node whose constant operands are neither scalar nor one value per channel."""
    if node.op_type in ("BatchNormalization", "MultiThreshold"):
        return
    for name in node.input:
        value = model.get_initializer(name) if name else None
        if value is not None and value.size not in (1, channels):
            raise HwBnnError(
                f"node {node.name}: an operand of {node.op_type} has {value.size} values; one or "
                f"{channels} (one per channel) are supported"
            )


def bipolar_scale(values: npt.NDArray[np.float32], what: str) -> float:
    """Return s if all values are -s or +s, with s a power of two; refuse anything else."""
    levels = np.unique(values)
    if not np.isfinite(levels).all():
        raise HwBnnError(f"{what} takes values that are not finite; retrain or mend the model")
    magnitudes = np.unique(np.abs(levels))
    if len(magnitudes) != 1 or magnitudes[0] == 0:
        shown = ", ".join(f"{v:g}" for v in levels[:4])
        raise HwBnnError(
            f"{what} takes {len(levels)} levels ({shown}{', ...' if len(levels) > 4 else ''}): "
            "float or multi-bit activations are not supported; put a binary quantiser "
            "(-1 and +1) before the next layer"
        )
    require_power_of_two(float(magnitudes[0]), f"{what}: the activation's scale")
    return float(magnitudes[0])


def popcount_thresholds(table: npt.NDArray[np.float32], layer: str) -> Thresholds:
    """Read one threshold per channel from a tabulated chain.

    Args:
        table: float32 [K+1, channels]; row P is the activation at popcount P.
        layer: the layer's name, for messages.

    Raises:
        HwBnnError: if values other than two levels -s and +s occur, or a channel flips twice.
    """
    scale = bipolar_scale(table, f"the activation after layer {layer}")
    bits = table > 0
    synapses = len(table) - 1
    flips = np.count_nonzero(bits[1:] != bits[:-1], axis=0)
    twice = np.flatnonzero(flips > 1)
    if len(twice):
        raise HwBnnError(
            f"layer {layer}, channel {twice[0]}: the activation flips {flips[twice[0]]} times as "
            "the sum rises; one threshold cannot express it: use a monotonic function"
        )
    inverted = bits[0] & ~bits[-1]
    ones = np.count_nonzero(bits, axis=0).astype(np.int64)
    # Rising: +1 for the last `ones` popcounts. Falling: +1 for the first `ones`, P <= ones-1,
    # which on negated weights (P' = K-P) is P' >= K+1-ones. The same number both ways.
    return Thresholds(synapses + 1 - ones, inverted, scale)
