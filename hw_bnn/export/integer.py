# SPDX-License-Identifier: BSD-3-Clause
"""The integer network: weights -1 and +1, integer thresholds, written as QONNX.

The file still takes the source's float input and returns the source's float output in qonnx's own
executor. Between the first MultiThreshold and the last product every value is an integer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.exactness import require_exact_sums
from hw_bnn.export.inputs import InputKind, float_levels, pixel_thresholds, split_head
from hw_bnn.export.levels import Levels
from hw_bnn.export.model import sub_model
from hw_bnn.export.network import MOVES, PRODUCTS, Layer, Network
from hw_bnn.export.tabulate import take_apart
from hw_bnn.export.thresholds import Thresholds, layer_thresholds
from hw_bnn.export.windows import pad_value
from hw_bnn.export.writer import Writer

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper

METADATA = "hw_bnn"
"""Key of the model's metadata: JSON with `input` (its kind), `input_codes` (lowest, highest, step),
`layers` (the source's names) and `scales` (the source's values are codes times these, at the input
of each layer)."""


def to_integer(network: Network, kind: InputKind) -> ModelWrapper:
    """Make the integer network of a source network.

    Args:
        network: the source.
        kind: what its input is made of.

    Raises:
        HwBnnError: if a chain cannot be expressed by thresholds; see tabulate.py.
    """
    writer = Writer(network)
    first = levels = _head(writer, network, kind)
    scales = [first.scale]
    for layer in network.layers[:-1]:
        levels = _hidden(writer, network, layer, levels)
        scales.append(levels.scale)
    last = network.layers[-1]
    require_exact_sums(network.model, last, levels)
    _product(writer, last, levels, np.zeros(last.channels, dtype=np.bool_))
    scale = last.scale * levels.scale
    if scale != 1.0:
        writer.add("Mul", f"{last.name}_scale", np.float32(scale))
    writer.copy(last.chain)
    model = writer.finish()
    facts = {
        "input": str(kind),
        "input_codes": [first.lo, first.hi, first.step],
        "layers": [layer.name for layer in network.layers],
        "scales": scales,
    }
    model.set_metadata_prop(METADATA, json.dumps(facts))
    return model


def _head(writer: Writer, network: Network, kind: InputKind) -> Levels:
    """Write the input's quantiser; return its levels."""
    acting, pad = split_head(network)
    if kind is InputKind.FLOAT:
        levels = float_levels(network, acting)
        writer.copy(acting)
        if levels.scale != 1.0:
            writer.add("Mul", "input_scale", np.float32(1 / levels.scale))
        writer.annotate(levels)
    else:
        found, levels = pixel_thresholds(network, acting, kind)
        if kind is InputKind.UINT8_255:
            writer.add("Mul", "pixel_scale", np.float32(255))
            writer.add("Add", "pixel_half", np.float32(0.5))
            writer.add("Floor", "pixel")
        writer.copy([node for node in acting if node.op_type in MOVES])
        shared = bool((found.values == found.values[0]).all())
        writer.threshold("input_threshold", found.values[:1] if shared else found.values, levels)
        rank = network.layers[0].weights.ndim
        _negate(writer, "input_sign", found, rank)
    _pad(writer, network, pad, levels)
    return levels


def _hidden(writer: Writer, network: Network, layer: Layer, inputs: Levels) -> Levels:
    """Write a layer and its activation; return the activation's levels."""
    require_exact_sums(network.model, layer, inputs)
    chain = take_apart(network.model, layer)
    found, levels = layer_thresholds(network.model, layer, inputs)
    _product(writer, layer, inputs, found.inverted)
    writer.threshold(f"{layer.name}_threshold", found.values, levels)
    if chain.pool is not None:
        writer.copy([chain.pool])
        writer.annotate(levels)
    _negate(writer, f"{layer.name}_sign", found, layer.weights.ndim)
    writer.copy(chain.moves)
    _pad(writer, network, chain.pad, levels)
    writer.annotate(levels)
    return levels


def _product(writer: Writer, layer: Layer, inputs: Levels, inverted: npt.NDArray[np.bool_]) -> None:
    """Write a layer's product; zero padding becomes explicit where zero is a level."""
    weights = layer.weights.astype(np.float32)
    weights[inverted] *= -1
    if layer.window is None:
        writer.add("MatMul", layer.name, weights.T)
        return
    if any(layer.window.pads):
        if inputs.bipolar or not inputs.lo <= 0 <= inputs.hi:
            raise HwBnnError(
                f"layer {layer.name}: zero padding {list(layer.window.pads)} of a binary "
                "convolution: the values are -1 and +1 and hardware has no 0; pad with -1 or +1 "
                "(a Pad node before the convolution), and retrain"
            )
        before = writer.nodes[-1]
        if before.op_type == "Pad":
            raise HwBnnError(
                f"layer {layer.name}: zero padding {list(layer.window.pads)} around the padding "
                f"{before.name} is not supported; pad once, with one value: move it into the "
                "Pad node"
            )
        writer.pad(f"{layer.name}_pad", layer.window.pads, 0)
        writer.annotate(inputs)
    writer.add("Conv", layer.name, weights, strides=layer.window.strides)


def _negate(writer: Writer, name: str, found: Thresholds, rank: int) -> None:
    if found.negated.any():
        writer.negate(name, found.negated, rank)


def _pad(writer: Writer, network: Network, node: NodeProto | None, levels: Levels) -> None:
    """Write a source's Pad with the code of its value."""
    if node is None:
        return
    value, pads = pad_value(network.model, node)
    code = value / levels.scale
    allowed = range(levels.lo, levels.hi + 1, levels.step)
    if code not in allowed:
        shown = ", ".join(f"{levels.scale * level:g}" for level in list(allowed)[:4])
        raise HwBnnError(
            f"node {node.name}: pads with {value:g}, which is not among the activation's levels "
            f"{shown}{', ...' if len(allowed) > 4 else ''}; pad with one of them, and retrain"
        )
    writer.pad(node.name, pads, int(code))
    writer.annotate(levels)


def input_kind(model: ModelWrapper) -> InputKind:
    """Return what an integer network's input is made of."""
    return InputKind(_facts(model)["input"])


def input_levels(model: ModelWrapper) -> Levels:
    """Return the codes that the first layer of an integer network reads."""
    lo, hi, step = _facts(model)["input_codes"]
    return Levels(lo, hi, step, 1.0)


def layer_names(model: ModelWrapper) -> list[str]:
    """Return the source's names of an integer network's layers."""
    return list(_facts(model)["layers"])


def code_scales(model: ModelWrapper) -> list[float]:
    """Return, for each layer's input, the source's value over an integer network's code."""
    return list(_facts(model)["scales"])


def is_integer(model: ModelWrapper) -> bool:
    """Whether a model is an integer network."""
    return bool(model.get_metadata_prop(METADATA))


def _facts(model: ModelWrapper) -> dict[str, Any]:
    if not is_integer(model):
        raise HwBnnError("the model is not an integer network: it has no hw_bnn metadata")
    return dict(json.loads(model.get_metadata_prop(METADATA)))


def body(model: ModelWrapper) -> ModelWrapper:
    """Return the part of an integer network that becomes hardware: codes in, integer sums out.

    What stands before it (the input's quantiser) and after it (scales) runs on the host. It is
    cut off here because later passes would fold float operations together and round anew.
    """
    nodes = list(model.graph.node)
    products = [index for index, node in enumerate(nodes) if node.op_type in PRODUCTS]
    first = products[0]
    if first > 0 and nodes[first - 1].op_type == "Pad":
        first -= 1
    inside = nodes[first : products[-1] + 1]
    part = sub_model(model, inside, model.get_tensor_shape(inside[0].input[0]), "body")
    for tensor in (name for node in inside for name in (*node.input, *node.output)):
        part.set_tensor_datatype(tensor, model.get_tensor_datatype(tensor))
    part.set_metadata_prop(METADATA, model.get_metadata_prop(METADATA))
    return part
