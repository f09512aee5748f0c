# SPDX-License-Identifier: BSD-3-Clause
"""Networks to compare, and faults to plant in them."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
from qonnx.core.modelwrapper import ModelWrapper

from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.graph import run_steps
from hw_bnn.build.steps import GRAPH_STEPS
from hw_bnn.config import BuildConfig
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import code_scales, to_integer
from hw_bnn.export.model import load_model, tidy
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from hw_bnn.verify.boundaries import boundaries
from hw_bnn.verify.comparison import compare
from hw_bnn.verify.stages import Observed, Stage, golden_values, units
from tests.networks import Graph, signs


def convolutional(seed: int = 0) -> Graph:
    """Two convolutions, a pool, a border of -1, a flattening that moves elements, two matrices."""
    rng = np.random.default_rng(seed)
    g = Graph((2, 9, 8))
    g.add("Sub", np.float32(0.5))
    g.binarise()
    g.add("Conv", signs(rng, 6, 2, 3, 3), kernel_shape=[3, 3], name="conv_a")
    _norm(g, rng, 6, (1, 1))
    g.binarise()
    g.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    g.add("Pad", np.array([0, 0, 1, 1, 0, 0, 1, 1]), np.float32(-1))
    g.add("Conv", signs(rng, 5, 6, 3, 3), kernel_shape=[3, 3], name="conv_b")
    _norm(g, rng, 5, (1, 1))
    g.binarise()
    g.add("Transpose", perm=[0, 2, 3, 1])
    g.add("Flatten", axis=1)
    g.matmul(signs(rng, 45, 7), name="dense_a")
    _norm(g, rng, 7, ())
    g.binarise()
    g.matmul(signs(rng, 7, 3), name="dense_b")
    g.add("Mul", np.float32(0.37))
    return g


def _norm(g: Graph, rng, channels: int, spread: tuple[int, ...]) -> None:
    shape = (1, channels, *spread)
    g.add("Mul", rng.choice([-1.5, 0.5, 2], shape).astype(np.float32))
    g.add("Add", (rng.choice([-2, -1, 1, 2], shape) / 3).astype(np.float32))


def save(folder: BuildFolder, graph: Graph, outputs: int) -> None:
    """Write source, integer network and the graphs of all steps."""
    folder.dataflow.mkdir(parents=True)
    graph.save(folder.source, outputs)
    integer = to_integer(read_network(load_model(folder.source)), InputKind.UINT8_255)
    config = BuildConfig(fpga_part="xc7z020clg400-1", target_fps=100_000)
    run_steps(integer, folder, config, GRAPH_STEPS)


def pixels(count: int, shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    drawn = np.random.default_rng(seed).integers(0, 256, (count, *shape))
    return drawn.astype(np.float32) / np.float32(255)


class Flow:
    """Source, integer network and golden executor of a model, each on its own copy."""

    def __init__(self, proto) -> None:
        self.source = tidy(ModelWrapper(proto))
        network = read_network(self.source)
        self.integer = to_integer(network, InputKind.UINT8_255)
        self.for_golden = ModelWrapper(self.integer.model, make_deepcopy=True)
        self.boundaries = boundaries(read_network(self.integer))
        self.units = units(network, code_scales(self.integer))

    def copy(self) -> Flow:
        """Return a flow of one's own to break."""
        return copy.deepcopy(self)

    def rows(self, images: np.ndarray, chunk: int = 1000) -> dict[str, dict]:
        """Compare; rows by stage."""
        source = Observed(read_network(self.source), self.units)
        integer = Observed(read_network(self.integer), [1.0] * len(self.units))
        golden = Golden(self.for_golden)
        count = len(images)
        stages = [
            Stage("QONNX", None, count, lambda i, j: source.run(images[i:j])),
            Stage("integer QONNX", "QONNX", count, lambda i, j: integer.run(images[i:j])),
            Stage("golden", "QONNX", count, lambda i, j: golden_values(golden, images[i:j])),
        ]
        tallies, _ = compare(stages, self.boundaries, chunk)
        return {name: tally.row() for name, tally in tallies.items()}


def change(model: ModelWrapper, node: str, what) -> None:
    """Apply a function to a copy of the constant operand of a node, and put it back."""
    name = model.get_node_from_name(node).input[1]
    model.set_initializer(name, np.ascontiguousarray(what(model.get_initializer(name).copy())))


def change_graph(path: Path, layer: str, operand: int, what) -> None:
    """Apply a function to a constant operand of a layer's product in the graph of some step."""
    model = ModelWrapper(str(path))
    (node,) = [
        node
        for node in model.graph.node
        if node.op_type.startswith(("XnorMVAU", "MatMul", "Conv"))
        and (node.name == layer or sources(node) == [layer])
    ]
    if operand == 2 and not sources(node):  # thresholds are a node of their own
        (node,), operand = model.find_direct_successors(node), 1
    name = node.input[operand]
    model.set_initializer(name, what(model.get_initializer(name).copy()))
    model.save(str(path))


def sources(node) -> list[str]:
    """Source layer of a dataflow operator."""
    return [a.s.decode() for a in node.attribute if a.name == "sourceLayer"]


def flipped(channel: int, *tap: int):
    """Flip one weight of one output channel."""

    def flip(weights):
        place = (*tap, channel) if weights.ndim == 2 else (channel, *tap)
        weights[place] *= -1
        return weights

    return flip


def swapped(one: int, other: int):
    """Swap the weights of two output channels."""

    def swap(weights):
        moved = weights.T if weights.ndim == 2 else weights
        moved[[one, other]] = moved[[other, one]]
        return weights

    return swap


def shifted(channel: int, by: float):
    """Move the thresholds of one channel."""

    def shift(thresholds):
        thresholds[channel] += by
        return thresholds

    return shift


def invert_weight(channel: int):
    """Change one weight of one output in the graph of any step, be it 0 and 1, or -1 and +1."""

    def change(weights):
        outputs = weights.reshape(len(weights), -1) if weights.ndim == 4 else weights.T
        outputs[channel][0] = weights.max() + weights.min() - outputs[channel][0]
        return weights

    return change


def exchange(one: int, other: int):
    """Swap the weights of two outputs in the graph of any step."""

    def change(weights):
        outputs = weights if weights.ndim == 4 else weights.T
        outputs[[one, other]] = outputs[[other, one]]
        return weights

    return change


def raise_threshold(channel: int):
    """By the least that a sum can differ: 1 on a popcount, 2 on a sum of -1 and +1."""

    def change(thresholds):
        thresholds[channel] += 1 if thresholds.min() >= 0 else 2
        return thresholds

    return change
