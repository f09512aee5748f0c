# SPDX-License-Identifier: BSD-3-Clause
"""The layers of an integer network as arrays, read from its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.export.levels import Levels
from hw_bnn.export.model import dynamic_inputs, run_model, sub_model
from hw_bnn.export.network import Layer, Network, shape_of
from hw_bnn.export.tabulate import take_apart
from hw_bnn.export.windows import Window, pad_value, pool_window

if TYPE_CHECKING:
    from onnx import NodeProto

Pad = tuple[int, tuple[int, int, int, int]]
"""Code to write, and how often at top, left, bottom and right."""


@dataclass(frozen=True)
class Activation:
    """code = lo + step * (number of thresholds <= z); then pooled, signed, reshaped, padded.

    Attributes:
        thresholds: int32 [channels, steps].
        levels: the codes.
        pool: window of a max-pool, if there is one.
        signs: int8 [channels] of -1 and +1 to multiply by, if any is -1.
        shape: of the result without batch and padding.
        order: where each element of the result comes from, if elements are moved.
        pad: frame around the result.
    """

    thresholds: npt.NDArray[np.int32]
    levels: Levels
    pool: Window | None
    signs: npt.NDArray[np.int8] | None
    shape: tuple[int, ...]
    order: npt.NDArray[np.int64] | None
    pad: Pad | None


@dataclass(frozen=True)
class GoldenLayer:
    """A product, and what follows it unless it is the last."""

    product: Layer
    activation: Activation | None


def read_layers(network: Network) -> list[GoldenLayer]:
    """Read all layers of an integer network."""
    hidden = [GoldenLayer(layer, _activation(network, layer)) for layer in network.layers[:-1]]
    return [*hidden, GoldenLayer(network.layers[-1], None)]


def _activation(network: Network, layer: Layer) -> Activation:
    model, chain = network.model, take_apart(network.model, layer)
    thresholds, levels = read_threshold(network, chain.before[0])
    unpadded = [node for node in layer.chain if node.op_type != "Pad"]
    moved = shape_of(model, dynamic_inputs(model, chain.moves[0])[0]) if chain.moves else ()
    return Activation(
        thresholds=np.broadcast_to(thresholds, (layer.channels, thresholds.shape[1])),
        levels=levels,
        pool=pool_window(chain.pool) if chain.pool is not None else None,
        signs=read_signs(network, (*chain.before[1:], *chain.after)),
        shape=shape_of(model, unpadded[-1].output[0])[1:],
        order=element_order(network, chain.moves, moved),
        pad=read_pad(network, chain.pad),
    )


def element_order(
    network: Network, moves: Sequence[NodeProto], shape: tuple[int, ...]
) -> npt.NDArray[np.int64] | None:
    """Return where each element comes from after `moves` of a tensor [1, ...], flat.

    None if they keep the order.
    """
    if not moves:
        return None
    places = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    order = run_model(sub_model(network.model, moves, shape, "moves"), places).reshape(-1)
    return None if (np.diff(order) == 1).all() else order.astype(np.int64)


def read_threshold(network: Network, node: NodeProto) -> tuple[npt.NDArray[np.int32], Levels]:
    """Read a MultiThreshold: int32 [channels, steps], and the levels it leads to."""
    from qonnx.custom_op.registry import getCustomOp

    values = np.asarray(network.model.get_initializer(node.input[1])).astype(np.int32)
    operator = getCustomOp(node)
    step, lo = int(operator.get_nodeattr("out_scale")), int(operator.get_nodeattr("out_bias"))
    return values, Levels(lo, lo + step * values.shape[1], step, 1.0)


def read_signs(network: Network, nodes: tuple[NodeProto, ...]) -> npt.NDArray[np.int8] | None:
    """Read the Mul by -1 and +1 that may follow a MultiThreshold."""
    if not nodes:
        return None
    values = np.asarray(network.model.get_initializer(nodes[0].input[1]))
    return values.reshape(-1).astype(np.int8)


def read_pad(network: Network, node: NodeProto | None) -> Pad | None:
    """Read a Pad node."""
    if node is None:
        return None
    value, pads = pad_value(network.model, node)
    return int(value), pads
