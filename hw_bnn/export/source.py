# SPDX-License-Identifier: BSD-3-Clause
"""torch -> QONNX: the network as it was trained, the source of everything that follows."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from hw_bnn import files
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import nn


def export_qonnx(model: nn.Module, image_shape: tuple[int, int, int], path: Path) -> None:
    """Write the eval-mode network as QONNX, as Brevitas exports it.

    Weights and activations are BipolarQuant nodes with scale 1, a threshold is a Sub before it,
    a norm is one Mul and one Add with float32 constants (never BatchNormalization). The result,
    run by qonnx, gives the bits that torch gives. Input `image` is float32 [1, C, H, W], output
    `logits` is float32 [1, classes].

    Args:
        model: network to export; it is not changed.
        image_shape: channels, height and width.
        path: file to write, replaced whole.

    Raises:
        HwBnnError: a layer became a BatchNormalization node, so that the bits are not defined; or
            a threshold is no constant in eval mode.
    """
    graph = to_qonnx(model, image_shape)
    inexact = [node.name for node in graph.graph.node if node.op_type == "BatchNormalization"]
    if inexact:
        raise HwBnnError(
            f"export: {', '.join(inexact)} is a BatchNormalization, which torch and ONNX round"
            " differently; use hw_bnn.nn.layers.BatchNorm instead of torch's"
        )
    files.write_bytes(path, graph.SerializeToString())


def to_qonnx(model: nn.Module, image_shape: tuple[int, int, int]) -> ModelProto:
    """Return the eval-mode network as QONNX, whatever norms it has; see export_qonnx."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that an optional package of Brevitas is not installed
        from brevitas.export import export_qonnx as brevitas_export

    from hw_bnn.nn.fold import fold_norms

    require_hardware(model)
    network = copy.deepcopy(model).eval()
    fold_norms(network)
    graph: ModelProto = brevitas_export(
        network,
        args=torch.zeros(1, *image_shape),
        dynamo=False,  # the other exporter needs onnxscript, and newer torch than FINN+ pins
        input_names=["image"],
        output_names=["logits"],
    )
    constants = {item.name for item in graph.graph.initializer}
    for item in list(graph.graph.input):  # Brevitas lists the constants as inputs, too
        if item.name in constants:
            graph.graph.input.remove(item)
    return graph


def require_hardware(model: nn.Module) -> None:
    """Refuse a network with a part that no hardware here can hold.

    Raises:
        HwBnnError: names the first such layer, and what to train instead.
    """
    from hw_bnn.nn.layers import BinaryActivation
    from hw_bnn.nn.real import RealConv2d, RealLinear, ResidualSum
    from hw_bnn.nn.thresholds import folds

    binary = "hardware has binary layers only; train kind mlp, or kind cnv with ends binary"
    for name, module in model.named_modules():
        if isinstance(module, RealConv2d | RealLinear):
            raise HwBnnError(f"export: layer {name} has real weights: {binary}")
        if isinstance(module, ResidualSum):
            raise HwBnnError(f"export: layer {name} is a residual sum: {binary}")
        if isinstance(module, BinaryActivation) and not folds(module.threshold):
            kind = type(module.threshold).__name__
            raise HwBnnError(
                f"export: layer {name} has the threshold {kind}, which does not fold: hardware"
                " compares with constants; train with a policy that folds, static_asd in place of"
                " dynamic_asd"
            )
