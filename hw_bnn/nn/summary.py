# SPDX-License-Identifier: BSD-3-Clause
"""What a network is made of: precisions, operations, bits, and what folds to hardware."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from hw_bnn.errors import HwBnnError
from hw_bnn.nn.layers import BinaryActivation, BinaryWeights, SignedInput
from hw_bnn.nn.real import RealConv2d, RealLinear, ResidualSum
from hw_bnn.nn.thresholds import folds

_REAL = RealConv2d | RealLinear
_NOTED = BinaryWeights | BinaryActivation | SignedInput | ResidualSum | _REAL


class LayerSummary(NamedTuple):
    """One layer with weights, and the activation behind it."""

    name: str
    kind: str
    """"linear", "conv", "real linear", "real conv", or "add" for a residual sum."""
    input_bits: int
    weight_bits: int
    """Bits of all weights: one for each, 32 in a real layer; a bias is not counted."""
    operations: int
    """Products per image, and as many additions; with 1-bit inputs these are XNOR and popcount. A
    residual sum has none: what it adds is its `outputs`."""
    outputs: int
    """Sums per image."""
    threshold: str | None
    """Policy of the activation behind it; None behind the last layer."""
    folds: bool
    """Whether hardware can hold it: the weights are binary, and that threshold is a constant after
    training. Residual sums have no hardware here."""


class Summary(NamedTuple):
    """All layers of a network."""

    layers: list[LayerSummary]

    @property
    def weight_bits(self) -> int:
        """Bits of the weights in all."""
        return sum(layer.weight_bits for layer in self.layers)

    @property
    def binary_share(self) -> float:
        """Share of the products whose both factors are one bit."""
        binary = sum(
            layer.operations
            for layer in self.layers
            if layer.input_bits == 1 and not layer.kind.startswith("real")
        )
        return binary / sum(layer.operations for layer in self.layers)

    @property
    def folds(self) -> bool:
        """Whether hardware can be made of the network."""
        return all(layer.folds for layer in self.layers)

    def rows(self) -> list[dict[str, Any]]:
        """The layers as rows of a table."""
        return [layer._asdict() for layer in self.layers]

    def __str__(self) -> str:
        """The layers as a table of text, and what holds for all of them."""
        cells = [LayerSummary._fields, *([str(cell) for cell in layer] for layer in self.layers)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
        return "\n".join(lines) + (
            f"\n{self.weight_bits:,} bits of weights, {self.binary_share:.2%} of the products of"
            f" two bits, {'folds' if self.folds else 'does not fold'} to hardware"
        )


def summary(model: nn.Module, image_shape: tuple[int, int, int]) -> Summary:
    """Summarise a network that hw_bnn.nn.models.build_model made, or one made of its layers.

    It is run once, on a black image, to see the shapes.

    Raises:
        HwBnnError: names a layer with weights that is none of hw_bnn.nn: its bits are not known.
    """
    _require_known(model)
    events: list[tuple[str, nn.Module, tuple[int, ...]]] = []

    def note(name: str, module: nn.Module) -> None:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            events.append((name, module, tuple(output.shape)))

        handles.append(module.register_forward_hook(hook))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    for name, module in model.named_modules():
        if isinstance(module, _NOTED):
            note(name, module)
    training = model.training
    try:
        with torch.no_grad():
            model.eval()(torch.zeros(1, *image_shape))
    finally:
        model.train(training)
        for handle in handles:
            handle.remove()
    return Summary(_layers(events))


def _require_known(model: nn.Module) -> None:
    thresholds = tuple(
        f"{name}." for name, module in model.named_modules() if isinstance(module, BinaryActivation)
    )
    for name, module in model.named_modules():
        known = isinstance(module, BinaryWeights | _REAL) or name.startswith(thresholds)
        if isinstance(module, nn.Linear | nn.Conv2d) and not known:
            raise HwBnnError(
                f"summary: layer {name} is a {type(module).__name__}: must be a layer of"
                " hw_bnn.nn.layers or hw_bnn.nn.real"
            )


def _layers(events: list[tuple[str, nn.Module, tuple[int, ...]]]) -> list[LayerSummary]:
    layers: list[LayerSummary] = []
    bits = 1
    for name, module, shape in events:
        if isinstance(module, SignedInput):
            bits = 8
        elif isinstance(module, ResidualSum):
            layers.append(_sum(name, module, shape))
        elif isinstance(module, BinaryWeights):
            layers.append(_weighted(name, module.weight, shape, bits))
        elif isinstance(module, _REAL):
            binary = isinstance(module, RealConv2d) and module.binary_input
            layer = _weighted(name, module.weight, shape, 1 if binary else 32)
            layers.append(
                layer._replace(
                    kind=f"real {layer.kind}", weight_bits=32 * layer.weight_bits, folds=False
                )
            )
        elif isinstance(module, BinaryActivation):
            bits = 1
            if layers:
                threshold = module.threshold
                layers[-1] = layers[-1]._replace(
                    threshold=type(threshold).__name__,
                    folds=layers[-1].folds and folds(threshold),
                )
    return layers


def _weighted(name: str, weights: Tensor, shape: tuple[int, ...], bits: int) -> LayerSummary:
    """Return the row of a layer with binary weights."""
    positions = shape[2] * shape[3] if len(shape) == 4 else 1
    return LayerSummary(
        name=name,
        kind="conv" if weights.dim() == 4 else "linear",
        input_bits=bits,
        weight_bits=weights.numel(),
        operations=weights.numel() * positions,
        outputs=len(weights) * positions,
        threshold=None,
        folds=True,
    )


def _sum(name: str, module: ResidualSum, shape: tuple[int, ...]) -> LayerSummary:
    """Return the row of a residual sum."""
    return LayerSummary(name, "add", module.bits, 0, 0, math.prod(shape), None, False)
