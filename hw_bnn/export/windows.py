# SPDX-License-Identifier: BSD-3-Clause
"""Convolution, pooling and padding: how windows move, and what is refused about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper


@dataclass(frozen=True)
class Window:
    """A two-dimensional window: kernel, strides, and zeros around the input.

    `pads` are top, left, bottom, right, as ONNX orders them.
    """

    kernel: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int]


def _attributes(node: NodeProto) -> dict[str, Any]:
    from onnx import helper

    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _window(node: NodeProto, kernel: tuple[int, ...]) -> Window:
    values = _attributes(node)
    auto_pad = values.get("auto_pad", b"NOTSET")
    if auto_pad not in (b"NOTSET", b"VALID"):
        raise HwBnnError(
            f"node {node.name}: auto_pad {auto_pad.decode()} is not supported; give pads as numbers"
        )
    if any(value != 1 for value in values.get("dilations", ())):
        raise HwBnnError(
            f"node {node.name}: dilations {list(values['dilations'])} of {node.op_type} are not "
            "supported; only 1 is"
        )
    if len(kernel) != 2:
        raise HwBnnError(
            f"node {node.name}: {node.op_type} over {len(kernel)} dimensions is not supported; "
            "only two-dimensional windows are"
        )
    strides = tuple(values.get("strides", (1, 1)))
    pads = tuple(values.get("pads", (0, 0, 0, 0)))
    return Window((kernel[0], kernel[1]), (strides[0], strides[1]), (*pads,))


def conv_window(node: NodeProto, weights: Any, in_shape: tuple[int, ...]) -> Window:
    """Return the window of a Conv node.

    Raises:
        HwBnnError: for groups, dilations, or weights that are not constant.
    """
    if weights is None:
        raise HwBnnError(f"node {node.name}: the weights of Conv must be constant")
    groups = _attributes(node).get("group", 1)
    if groups != 1:
        raise HwBnnError(
            f"node {node.name}: Conv with {groups} groups is not supported; only dense "
            "convolutions are"
        )
    if weights.ndim != len(in_shape) or weights.shape[1] != in_shape[1]:
        raise HwBnnError(
            f"node {node.name}: weights {list(weights.shape)} do not fit the input {list(in_shape)}"
        )
    return _window(node, weights.shape[2:])


def pool_window(node: NodeProto) -> Window:
    """Return the window of a MaxPool node.

    Raises:
        HwBnnError: for padding, dilations, or windows that run over the border.
    """
    values = _attributes(node)
    window = _window(node, tuple(values["kernel_shape"]))
    if any(window.pads) or values.get("ceil_mode", 0):
        raise HwBnnError(
            f"node {node.name}: MaxPool with padding or ceil_mode is not supported; let its "
            "windows fit into the input"
        )
    return window


def pad_value(model: ModelWrapper, node: NodeProto) -> tuple[float, tuple[int, int, int, int]]:
    """Return what a Pad node writes and where: value, (top, left, bottom, right).

    Raises:
        HwBnnError: for another mode than constant, or padding of batch or channels.
    """
    values = _attributes(node)
    mode = values.get("mode", b"constant")
    if mode != b"constant":
        raise HwBnnError(
            f"node {node.name}: Pad mode {mode.decode()} is not supported; pad with a constant"
        )
    operands = [model.get_initializer(name) if name else None for name in node.input[1:]]
    pads = values.get("pads") if "pads" in values else operands[0]
    value = values.get("value", 0.0)
    if len(operands) > 1 and operands[1] is not None:
        value = float(np.asarray(operands[1]).reshape(()))
    if pads is None or (len(operands) > 2 and operands[2] is not None):
        raise HwBnnError(f"node {node.name}: Pad must have constant pads for every axis, no axes")
    amounts = [int(amount) for amount in pads]
    half = len(amounts) // 2
    if half != 4 or any(amounts[:2]) or any(amounts[half : half + 2]) or min(amounts) < 0:
        raise HwBnnError(
            f"node {node.name}: Pad amounts {amounts} are not supported; only height and width of "
            "[N, C, H, W] may be padded"
        )
    return float(value), (amounts[2], amounts[3], amounts[6], amounts[7])
