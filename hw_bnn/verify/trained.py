# SPDX-License-Identifier: BSD-3-Clause
"""The trained network in torch, observed at the layer boundaries by hooks on its layers."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from hw_bnn.verify.boundaries import Boundary, Values

TABLE_ROWS = 64
"""Sums tabulated at once."""

Call = tuple[Any, Tensor]
"""A layer, and what it returned."""


class _ReachedError(Exception):
    """The layer after the one that is tabulated was called."""


class Trained:
    """A network of nn.Linear and nn.Conv2d, or classes made from them, in eval mode.

    A boundary is what the next such layer is called with. Where the layers are not as many as
    those of the exported network, only the outputs are seen.
    """

    def __init__(
        self, model: nn.Module, boundaries: Sequence[Boundary], units: Sequence[float]
    ) -> None:
        """Take a network from float32 images to outputs, and what one code stands for."""
        self.model, self.boundaries = model.eval(), boundaries
        self.units = [np.float32(unit) for unit in units]
        self._calls: list[Call] = []
        """Layers and their outputs, in the order in which they are called."""

    @torch.inference_mode()
    def run(self, x: npt.NDArray[np.float32], given: Values | None = None) -> Values:
        """Return the values for prepared images; layers read the values `given`, if there are.

        With given values each layer is seen by itself: what its predecessors did wrong is gone.
        """
        calls = self._calls = []
        reads: list[Tensor] = []

        def read(_module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
            index = len(calls)
            reads.append(_plain(inputs[0]))
            if given is None or (values := given[index]) is None:
                return None
            return (torch.from_numpy(values * self.units[index]), *inputs[1:])

        def note(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            calls.append((module, _plain(output)))

        with ExitStack() as hooks:
            for module in self.model.modules():
                if isinstance(module, nn.Linear | nn.Conv2d):
                    hooks.callback(module.register_forward_pre_hook(read).remove)
                    hooks.callback(module.register_forward_hook(note).remove)
            outputs = _plain(self.model(torch.from_numpy(x))).numpy()
        if not self.whole:
            return [*([None] * (len(self.boundaries) - 1)), outputs]
        last, sums = calls[-1]
        values = [self._values(index, tensor) for index, tensor in enumerate([*reads, sums])]
        if last.bias is not None:
            values[-1] = None
        return [*values, outputs]

    @property
    def whole(self) -> bool:
        """Whether the last run saw every layer."""
        return len(self._calls) == len(self.boundaries) - 2

    def _values(self, index: int, tensor: Tensor) -> npt.NDArray[np.float32] | None:
        same = tuple(tensor.shape[1:]) == self.boundaries[index].shape
        return np.asarray(tensor.numpy() / self.units[index]) if same else None

    @torch.inference_mode()
    def table(self, layer: int, sums: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Tabulate what follows a layer: the network runs with sums in place of its product.

        Args:
            layer: its number, from 0; the last run must have seen every layer.
            sums: [n], as the source computes them; float64 sums are computed with in float64.

        Returns:
            [n, channels]: codes at the layer's boundary, or outputs after the last layer.
        """
        exact = sums.dtype == np.float64
        model, calls = self._in_float64() if exact else (self.model, self._calls)
        index = layer + 1 if layer + 1 < len(self._calls) else layer + 2
        boundary, rows = self.boundaries[index], []
        channels = [boundary.place(element)[0] for element in range(int(np.prod(boundary.shape)))]
        _, one_each = np.unique(channels, return_index=True)
        for start in range(0, len(sums), TABLE_ROWS):
            part = torch.from_numpy(sums[start : start + TABLE_ROWS])
            found = self._after(model, calls, layer, part)
            rows.append(found.numpy().reshape(len(found), -1)[:, one_each] / self.units[index])
        return np.concatenate(rows)

    def _in_float64(self) -> tuple[nn.Module, list[Call]]:
        """Return a copy of the network that computes in float64, and its layers as called."""
        names = {module: name for name, module in self.model.named_modules()}
        model = copy.deepcopy(self.model).double()
        return model, [(model.get_submodule(names[m]), output) for m, output in self._calls]

    def _after(self, model: nn.Module, calls: list[Call], layer: int, sums: Tensor) -> Tensor:
        """Return what the layer after `layer` reads, or the network's outputs."""
        reached: list[Tensor] = []

        def stop(_module: nn.Module, inputs: tuple[Any, ...]) -> None:
            reached.append(_plain(inputs[0]))
            raise _ReachedError

        with ExitStack() as changes:
            for place, (module, output) in enumerate(calls[: layer + 1]):
                constant = (sums if place == layer else sums * 0).view(-1, *[1] * (output.ndim - 1))
                if module.bias is not None:
                    constant = constant + module.bias.view(-1, *[1] * (output.ndim - 2))
                shape = (len(sums), *output.shape[1:])
                changes.enter_context(_returning(module, constant.expand(shape).contiguous()))
            if layer + 1 < len(calls):
                following = calls[layer + 1][0]
                changes.callback(following.register_forward_pre_hook(stop).remove)
            try:
                zeros = torch.zeros(len(sums), *self._image_shape, dtype=sums.dtype)
                return _plain(model(zeros))
            except _ReachedError:
                return reached[0]

    @property
    def _image_shape(self) -> tuple[int, ...]:
        return self.boundaries[0].image


@contextmanager
def _returning(module: nn.Module, value: Tensor) -> Iterator[None]:
    """Let a module return a value without computing anything."""
    module.forward = lambda *_, **__: value
    try:
        yield
    finally:
        del module.forward  # the class's own shows again


def _plain(value: Any) -> Tensor:
    """Return the tensor in Brevitas' QuantTensor, or the tensor itself."""
    tensor: Tensor = value if type(value) is Tensor else getattr(value, "value", value)
    return tensor
