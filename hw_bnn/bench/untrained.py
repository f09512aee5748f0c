# SPDX-License-Identifier: BSD-3-Clause
"""Networks of hw_bnn.nn without a training, for figures that do not depend on it."""

from __future__ import annotations

from pathlib import Path

from hw_bnn.config_model import AnyModelConfig


def export_untrained(config: AnyModelConfig, image_shape: tuple[int, int, int], path: Path) -> None:
    """Write a network with drawn weights, and norms that have seen random images, as QONNX."""
    import torch

    from hw_bnn.export.source import export_qonnx
    from hw_bnn.nn.models import build_model

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        model = build_model(config, image_shape, 10)
        model.train()
        for _ in range(3):
            model(torch.rand(64, *image_shape))
    export_qonnx(model, image_shape, path)
