# SPDX-License-Identifier: BSD-3-Clause
"""Builds of small drawn networks, each made once."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hw_bnn.build import build, synthesise
from hw_bnn.config import BuildConfig
from tests.networks import CHAINS, TAILS, Drawn, Form, Graph, make_network, signs


@dataclass(frozen=True)
class Built:
    """A network, its folding, and what build made of it."""

    drawn: Drawn
    model: Path
    config: BuildConfig
    out: Path
    report: dict


def divisor(rng: random.Random, number: int) -> int:
    return rng.choice([d for d in range(1, number + 1) if number % d == 0])


def draw(seed: int) -> tuple[Drawn, list[dict[str, int]]]:
    """A network and a folding; seeds differ in depth, kind of input and everything else."""
    rng = random.Random(seed)
    depth = (3, 1, 2, 3, 2)[seed]
    widths = tuple(rng.randint(2, 45) for _ in range(depth + 1))
    if seed == 2:
        widths = (widths[0], 1, widths[2])  # a layer of one neuron, the next of one synapse
    chains = sorted(CHAINS)
    forms = tuple(Form("direct", (rng.choice(chains), "mul_add")) for _ in range(depth))
    drawn = make_network(
        widths, forms, kind=("uint8/255", "uint8", "float")[seed % 3], tail=rng.choice(TAILS),
        seed=seed, count=60,
    )  # fmt: skip
    folding = [
        {"PE": divisor(rng, outputs), "SIMD": divisor(rng, inputs)}
        for inputs, outputs in itertools.pairwise(widths)
    ]
    return drawn, folding


def write_folding(path: Path, folding: list[dict[str, int]]) -> Path:
    names = {f"XnorMVAU_rtl_{i}": values for i, values in enumerate(folding)}
    path.write_text(json.dumps({"Defaults": {}} | names))
    return path


def make_build(folder: Path, seed: int, *, synthesise: bool = False) -> Built:
    drawn, folding = draw(seed)
    model = drawn.save(folder / "network.onnx")
    config = BuildConfig(
        fpga_part="xc7z020clg400-1",
        folding_config_file=write_folding(folder / "folding.json", folding),
        input=drawn.kind,
        synthesise=synthesise,
    )
    return Built(drawn, model, config, folder / "out", build(model, folder / "out", config))


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Build the network of a seed, once."""
    made: dict[int, Built] = {}

    def get(seed: int) -> Built:
        if seed not in made:
            made[seed] = make_build(tmp_path_factory.mktemp(f"build{seed}"), seed)
        return made[seed]

    return get


FOLDING = {
    "SlidingWindow_rtl_0": {"SIMD": 2},
    "XnorMVAU_rtl_0": {"PE": 2, "SIMD": 2},
    "StreamMaxPool_rtl_0": {"PE": 2},
    "XnorMVAU_rtl_1": {"PE": 1, "SIMD": 4},
    "XnorMVAU_rtl_2": {"PE": 1, "SIMD": 8},
}


def every_operator() -> Graph:
    """An 8-bit input, window, pool, weights in logic and in block RAM, converters."""
    rng = np.random.default_rng(0)
    g = Graph((2, 8, 8))
    g.add("Quant", np.float32(1), np.float32(0), np.float32(8), signed=0, narrow=0)
    g.add("Conv", signs(rng, 4, 2, 3, 3), kernel_shape=[3, 3], name="conv")
    g.add("Sub", rng.integers(-500, 500, (1, 4, 1, 1)).astype(np.float32))
    g.binarise()
    g.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    g.add("Flatten", axis=1)
    g.matmul(signs(rng, 36, 256), name="wide")
    g.add("Sub", rng.integers(-4, 4, (1, 256)).astype(np.float32))
    g.binarise()
    g.matmul(signs(rng, 256, 3), name="last")
    return g


@pytest.fixture(scope="session")
def counted(tmp_path_factory):
    """A build of `every_operator` with its resources: its folder."""
    folder = tmp_path_factory.mktemp("counted")
    (folder / "folding.json").write_text(json.dumps({"Defaults": {}} | FOLDING))
    config = BuildConfig(
        fpga_part="xc7z020clg400-1", folding_config_file=folder / "folding.json", input="uint8",
        synthesise=False,
    )  # fmt: skip
    build(every_operator().save(folder / "m.onnx", 3), folder / "out", config)
    synthesise(folder / "out")
    return folder / "out"
