# SPDX-License-Identifier: BSD-3-Clause
"""What the binary activations of a network are given and give, in eval mode."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from hw_bnn.nn.layers import BinaryActivation
from hw_bnn.nn.thresholds import ZeroThreshold
from hw_bnn.training import recipe

Note = Callable[[str, BinaryActivation, Tensor, Tensor], None]
"""Called with name, activation, pre-activations and output."""


def watch(model: nn.Module, images: Tensor, note: Note) -> None:
    """Run a network in eval mode and call `note` for each of its binary activations as it passes.

    Args:
        model: the network.
        images: uint8 [N, C, H, W] on its device.
        note: told of each activation.
    """

    def hook(name: str, activation: BinaryActivation) -> torch.utils.hooks.RemovableHandle:
        def passed(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            note(name, activation, inputs[0], output)

        handle: torch.utils.hooks.RemovableHandle = activation.register_forward_hook(passed)
        return handle

    modules = model.named_modules()
    handles = [hook(name, m) for name, m in modules if isinstance(m, BinaryActivation)]
    try:
        with torch.no_grad():
            model.eval()(recipe.network_input(images))
    finally:
        for handle in handles:
            handle.remove()


def constant_threshold(activation: BinaryActivation) -> Tensor | None:
    """Return t on the CPU, [1] or [channels]; None if it depends on the image."""
    policy = activation.threshold
    if isinstance(policy, ZeroThreshold):
        return torch.zeros(1)
    fold = getattr(policy, "folded", None)
    t = getattr(fold() if fold is not None else policy, "t", None)
    return t.detach().flatten().cpu() if isinstance(t, Tensor) else None
