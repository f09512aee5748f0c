# SPDX-License-Identifier: BSD-3-Clause
"""Time of a training step: our layers beside stock Brevitas layers and float ones."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from hw_bnn.config_model import AnyModelConfig, CnvConfig, ModelConfig

if TYPE_CHECKING:
    from torch import Tensor, nn

    from hw_bnn.progress import Progress

ROUNDS = 15
SECONDS = 0.5
"""Time at least per design and round; at least one step."""

CASES: dict[str, tuple[AnyModelConfig, tuple[int, int, int], int]] = {
    "TFC": (ModelConfig(), (1, 28, 28), 100),
    "SFC": (ModelConfig(hidden=[256] * 3), (1, 28, 28), 100),
    "CNV": (CnvConfig(pool="sums"), (3, 32, 32), 50),
    "VGG-small": (
        CnvConfig(channels=[[128, 128], [256, 256], [512, 512]], hidden=[], padding=1,
                  final_pool=True, pool="sums"),
        (3, 32, 32),
        32,
    ),
}  # fmt: skip
"""Networks: the model, its images, and how many make a batch."""


def steps(progress: Progress) -> list[dict[str, Any]]:
    """Measure steps on one thread, the designs of one network taking turns.

    A step is forward, cross-entropy, backward, Adam, and clipping of latent weights where there are
    any; images and labels are random. All designs have the same shapes. Stock layers are
    QuantLinear and QuantConv2d with SignedBinaryWeightPerTensorConst, and QuantIdentity with
    SignedBinaryActPerTensorConst; float ones are torch's own with Hardtanh.

    Returns:
        Rows with `network`, `design`, `batch`, and of all steps the median, best and worst in
        `seconds`, `best` and `worst`; for hw_bnn also `baselines`: the ratio of the medians.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with progress.step("benchmark: training steps", ROUNDS * len(CASES)) as advance:
            return [row for name in CASES for row in _rows(name, advance)]
    finally:
        torch.set_num_threads(before)


def _rows(name: str, advance: Callable[[], None]) -> list[dict[str, Any]]:
    import torch

    config, shape, batch = CASES[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        images, labels = torch.rand(batch, *shape), torch.randint(10, (batch,))
        models = designs(config, shape)
    calls = {design: _step(model, images, labels) for design, model in models.items()}
    times: dict[str, list[float]] = {design: [] for design in calls}
    for call in calls.values():
        call()
        call()  # compiled and warm
    for _ in range(ROUNDS):
        for design, call in calls.items():
            times[design] += _timed(call)
        advance()
    rows: list[dict[str, Any]] = [
        {"network": name, "design": design, "batch": batch, "seconds": statistics.median(found),
         "best": min(found), "worst": max(found)}
        for design, found in times.items()
    ]  # fmt: skip
    rows[0]["baselines"] = [
        {"baseline": row["design"], "ratio": round(rows[0]["seconds"] / row["seconds"], 3)}
        for row in rows[1:]
    ]
    return rows


def designs(config: AnyModelConfig, shape: tuple[int, int, int]) -> dict[str, nn.Module]:
    """Return the same network in our layers, in stock ones and in float."""
    from torch import nn

    from hw_bnn.nn.models import build_model

    ours = build_model(config, shape, 10)
    found: dict[str, nn.Module] = {"hw_bnn": ours}
    for name, stock in (("Brevitas", True), ("float", False)):
        found[name] = nn.Sequential(*(_other(layer, stock=stock) for layer in _layers(ours)))
    return found


def _layers(model: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers of a network one by one, those of its blocks too."""
    from torch import nn

    from hw_bnn.nn.blocks import ConvBlock

    for child in model.children():
        if not isinstance(child, ConvBlock):
            yield child
            continue
        yield child.conv
        if child.pool == "sums":
            yield nn.MaxPool2d(2)
        yield from (child.norm, child.activation)
        if child.pool == "activations":
            yield nn.MaxPool2d(2)


def _other(layer: nn.Module, *, stock: bool) -> nn.Module:
    """Return the stock or the float layer of the same shape."""
    from brevitas.nn import QuantConv2d, QuantIdentity, QuantLinear
    from brevitas.quant import SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst
    from torch import nn

    from hw_bnn.nn.layers import (
        BatchNorm,
        BatchNorm2d,
        BinaryActivation,
        BinaryConv2d,
        BinaryLinear,
    )

    options: dict[str, Any] = {"bias": False}
    if stock:
        options["weight_quant"] = SignedBinaryWeightPerTensorConst
    made: Any
    if isinstance(layer, BinaryConv2d):
        made = QuantConv2d if stock else nn.Conv2d
        sizes = layer.in_channels, layer.out_channels, 3
        return cast(nn.Module, made(*sizes, padding=layer.border, **options))
    if isinstance(layer, BinaryLinear):
        made = QuantLinear if stock else nn.Linear
        return cast(nn.Module, made(*layer.weight.shape[::-1], **options))
    if isinstance(layer, BinaryActivation):
        quantiser = SignedBinaryActPerTensorConst
        return cast(nn.Module, QuantIdentity(act_quant=quantiser)) if stock else nn.Hardtanh()
    if isinstance(layer, BatchNorm2d):
        return nn.BatchNorm2d(layer.num_features)
    if isinstance(layer, BatchNorm):
        return nn.BatchNorm1d(layer.num_features)
    return layer


def _step(model: nn.Module, images: Tensor, labels: Tensor) -> Callable[[], None]:
    """Return a function that takes one step."""
    import torch
    from brevitas.nn import QuantConv2d, QuantLinear
    from torch.nn import functional as F  # noqa: N812 (torch's own habit)

    model.train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    latent = [m.weight for m in model.modules() if isinstance(m, QuantConv2d | QuantLinear)]
    images = images.to(memory_format=torch.channels_last)

    def step() -> None:
        optimiser.zero_grad()
        F.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        with torch.no_grad():
            for weight in latent:
                weight.clamp_(-1.0, 1.0)

    return step


def _timed(call: Callable[[], None]) -> list[float]:
    """Return the seconds of every step of a round."""
    found: list[float] = []
    ends = time.perf_counter() + SECONDS
    while not found or time.perf_counter() < ends:
        started = time.perf_counter()
        call()
        found.append(time.perf_counter() - started)
    return found
