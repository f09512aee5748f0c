# SPDX-License-Identifier: BSD-3-Clause
"""The simulation of one's own that docs/hardware.md shows gives the source's outputs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.graph import run_steps
from hw_bnn.build.pipeline import import_network
from hw_bnn.build.steps import STEPS
from hw_bnn.config import BuildConfig
from hw_bnn.data import load
from hw_bnn.export.execute import execute
from hw_bnn.export.model import load_model
from tests.networks import Graph, signs

pytestmark = pytest.mark.rtl

RNG = np.random.default_rng(4)


def network():
    """A small convolutional network for digits, with a scale and an offset for each class."""
    g = Graph((1, 8, 8))
    g.add("Sub", np.float32(0.4))
    g.binarise()
    g.add("Conv", signs(RNG, 3, 1, 3, 3), kernel_shape=[3, 3], strides=[2, 2])
    g.binarise()
    g.add("Flatten", axis=1)
    g.matmul(signs(RNG, 27, 6))
    g.binarise()
    g.matmul(signs(RNG, 6, 10))
    g.add("Mul", RNG.normal(size=10).astype(np.float32))
    g.add("Add", RNG.normal(size=(1, 10)).astype(np.float32))
    return g


def test_the_simulation_of_ones_own_gives_the_sources_outputs(repository, tmp_path):
    source = network().save(tmp_path / "model.onnx", 10)
    config, folder = BuildConfig(fpga_part="xc7z020clg400-1"), BuildFolder(tmp_path / "build")
    run_steps(import_network(source, config.input), folder, config, STEPS)
    assert list(folder.rtl.glob("*.mem"))
    pixels = load("digits").test_array()[:8]
    np.save(tmp_path / "x.npy", pixels)
    text = (repository / "docs" / "hardware.md").read_text()
    for kind, name in (("cpp", "sim.cpp"), ("python", "host.py"), ("sh", "commands.sh")):
        (code,) = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
        (tmp_path / name).write_text(code)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(["sh", "-e", "commands.sh"], cwd=tmp_path, env={"PATH": path}, check=True)
    model = load_model(source)
    output = model.graph.output[0].name
    for row, image in zip(np.load(tmp_path / "y.npy"), pixels, strict=True):
        found = execute(model, image[None].astype(np.float32) / np.float32(255))
        np.testing.assert_array_equal(row[None], found[output])
