# SPDX-License-Identifier: BSD-3-Clause
"""Speed of the golden executor beside qonnx's own, on a 784-64-64-64-10 network."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.progress import Progress

REPEATS = 10


def golden(progress: Progress) -> list[dict[str, Any]]:
    """Measure images per second, the two executors taking turns.

    The network has random weights and batch-norms, the images are random pixels: the time depends
    on neither. Times include everything from float32 images to float32 outputs.

    Returns:
        Rows with `design`, `batch`, images per second (`best`, `median` and `worst` call), and
        `ratio` of the best to the best of the row named by `baseline`: the best call is the one
        that other work on the machine has disturbed least. `ratio_of_medians` stands beside it.
    """
    from hw_bnn.export.model import run_model, with_batch
    from hw_bnn.golden import Golden

    source, integer = _network()
    executor = Golden(integer)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (1000, *executor.input_shape)).astype(np.float32)
    images = pixels / np.float32(255)
    source_1000 = with_batch(source, 1000)
    actions: dict[tuple[str, int], Callable[[], Any]] = {
        ("qonnx", 1): lambda: run_model(source, images[:1]),
        ("qonnx", 1000): lambda: run_model(source_1000, images),
        ("golden", 1): lambda: executor.run(images[:1]),
        ("golden", 1000): lambda: executor.run(images),
    }
    rates: dict[tuple[str, int], list[float]] = {key: [] for key in actions}
    with progress.step("benchmark: golden executor", REPEATS) as advance:
        for action in actions.values():
            action()  # warms up
        for _ in range(REPEATS):
            for key, action in actions.items():
                rates[key] += _rates(action, key[1])
            advance()
    baselines = {("golden", 1): [("qonnx", 1)], ("golden", 1000): [("qonnx", 1000), ("qonnx", 1)]}
    rows = []
    for (design, batch), values in rates.items():
        row: dict[str, Any] = {"design": design, "batch": batch, "best": round(max(values))}
        row |= {"median": round(statistics.median(values)), "worst": round(min(values))}
        for base in baselines.get((design, batch), []):
            ratio = max(values) / max(rates[base])
            middle = statistics.median(values) / statistics.median(rates[base])
            figures = {"ratio": round(ratio, 1), "ratio_of_medians": round(middle, 1)}
            rows.append(row | {"baseline": f"{base[0]}, batch {base[1]}"} | figures)
        if (design, batch) not in baselines:
            rows.append(row)
    return rows


def _rates(action: Callable[[], Any], batch: int) -> list[float]:
    """Images per second of every call within a fifth of a second."""
    found: list[float] = []
    ends = time.perf_counter() + 0.2
    while time.perf_counter() < ends:
        started = time.perf_counter()
        action()
        found.append(batch / (time.perf_counter() - started))
    return found


def _network() -> tuple[ModelWrapper, ModelWrapper]:
    """A TFC with random batch-norms as QONNX, and its integer network."""
    import torch

    from hw_bnn.config import ModelConfig
    from hw_bnn.export.inputs import InputKind
    from hw_bnn.export.integer import to_integer
    from hw_bnn.export.model import load_model, save_model
    from hw_bnn.export.network import read_network
    from hw_bnn.export.source import export_qonnx
    from hw_bnn.nn.models import build_model

    shape = (1, 28, 28)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(ModelConfig(), shape, 10)
        model.train()
        for _ in range(3):
            model(torch.rand(256, *shape))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "source.onnx"
        export_qonnx(model, shape, path)
        source = load_model(path)
        integer_path = Path(folder) / "integer.onnx"
        save_model(to_integer(read_network(source), InputKind.UINT8_255), integer_path)
        return source, load_model(integer_path)
