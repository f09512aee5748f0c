# SPDX-License-Identifier: BSD-3-Clause
"""Builds of small drawn networks, each made once."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from hw_bnn.build import build
from hw_bnn.config import BuildConfig
from tests.networks import CHAINS, TAILS, Drawn, Form, make_network


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
