# SPDX-License-Identifier: BSD-3-Clause
"""Networks that Brevitas defines (brevitas_examples.bnn_pynq), exported as anyone would.

Their weights are random: batch-norm statistics are calibrated on random images, so that
activations are mixed.
"""

from __future__ import annotations

import configparser
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

NAMES = tuple(
    f"{family}_{bits}" for family in ("TFC", "SFC", "LFC", "CNV") for bits in ("1W1A", "1W2A")
)
"""The networks with 1-bit weights, by the names of their settings files."""


def image_shape(name: str) -> tuple[int, int, int]:
    """Return channels, height and width of a network's images."""
    return (3, 32, 32) if name.startswith("CNV") else (1, 28, 28)


def brevitas_model(name: str, seed: int = 0) -> nn.Module:
    """Build one of NAMES with random weights and calibrated batch-norms, in eval mode.

    Its images are float32 pixel/255.
    """
    import brevitas_examples.bnn_pynq as package
    import torch
    from brevitas_examples.bnn_pynq.models.CNV import cnv
    from brevitas_examples.bnn_pynq.models.FC import fc

    settings = configparser.ConfigParser()
    settings.read(Path(package.__file__).parent / "cfg" / f"{name.lower()}.ini")
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model: nn.Module = (cnv if name.startswith("CNV") else fc)(settings)
        images = torch.randint(0, 256, (200, *image_shape(name))) / 255
        norms = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)
        for module in model.modules():
            if isinstance(module, norms) and module.affine:
                module.weight.uniform_(-1, 1)
                module.bias.uniform_(-0.5, 0.5)
        model.train()
        for _ in range(3):
            model(images)
    return model.eval()


def export_brevitas(name: str, path: Path, seed: int = 0) -> None:
    """Write one of NAMES as QONNX, with Brevitas's own export."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from brevitas.export import export_qonnx

        options: dict[str, Any] = {"export_path": str(path), "dynamo": False}
        export_qonnx(brevitas_model(name, seed), torch.rand(1, *image_shape(name)), **options)
