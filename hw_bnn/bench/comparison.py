# SPDX-License-Identifier: BSD-3-Clause
"""One drawn network through every stage before hardware, compared at every layer boundary."""

from __future__ import annotations

import functools
import re
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn import files
from hw_bnn.bench import ambiguity
from hw_bnn.bench.networks import Drawn, draw
from hw_bnn.bench.study import Outcome
from hw_bnn.errors import HwBnnError
from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import body, code_scales, to_integer
from hw_bnn.export.model import load_model, save_model, with_batch
from hw_bnn.export.network import Network, layer_inputs, read_network
from hw_bnn.export.source import to_qonnx
from hw_bnn.golden import Golden

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

IMAGES = 12

RULES = {
    "zero padding of a binary convolution": ("zero padding", "zero padding"),
    "padding with a value that is no level": ("pads with", "padding"),
    "activation changes direction": ("changes direction", "negative slope"),
    "function after a max-pool is not monotonic": ("both rises and falls; use", "negative slope"),
    "falling max-pool into uneven levels": ("falling function of a max-pool", "pool before"),
}
"""Rules by which a drawn network may be refused: what the message says, and what the network must
have been drawn with."""

Array = npt.NDArray[Any]


class UnexpectedRefusalError(Exception):
    """A network was refused by a rule that is not listed, or without cause."""


@dataclass
class Result(Outcome):
    """What became of one network.

    Attributes:
        compared: for each pair of stages: boundaries, values compared, values that differ.
        ties: pairs of channel and sum whose activation lies exactly on a threshold.
        near: pairs of channel and sum that have a threshold within rounding.
        ambiguous: (layer, channel, sum) where torch's activation differs from ONNX runtime's.
        differing: whether torch's outputs differ, on these images, from what follows.
    """

    compared: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    ties: int = 0
    near: int = 0
    ambiguous: list[tuple[str, int, float]] = field(default_factory=list)
    differing: bool = False


def compare(seed: int, index: int, *, stock: bool) -> Result:
    """Draw a network and run it through all stages.

    Args:
        seed: of the population.
        index: of the network in it.
        stock: draw torch's own BatchNorm; torch is compared apart from listed sums.

    Raises:
        UnexpectedRefusalError: see there.
    """
    drawn = draw(seed, int(stock), index, stock=stock)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _compare(drawn, index, Path(folder), stock)
        except HwBnnError as error:
            return Result(index, rule_of(str(error), drawn), sorted(drawn.traits))


def rule_of(message: str, drawn: Drawn) -> str:
    """Return the rule by which a network was refused."""
    for rule, (pattern, trait) in RULES.items():
        if re.search(pattern, message) and any(t.startswith(trait) for t in drawn.traits):
            return rule
    raise UnexpectedRefusalError(f"network {drawn.seed} ({sorted(drawn.traits)}): {message}")


def _compare(drawn: Drawn, index: int, folder: Path, stock: bool) -> Result:
    network, integer = imported(drawn, folder)
    golden, images = Golden(integer), drawn.images(IMAGES)
    scales = [*code_scales(integer), network.layers[-1].scale * code_scales(integer)[-1], 1.0]
    values = {
        "torch": ambiguity.torch_values(drawn, images),
        "QONNX": onnx_values(network, images),
        "integer QONNX": onnx_values(read_network(integer), images),
        "golden": golden_values(golden, images),
    }
    values["FINN+ graph"] = graph_values(integer, golden, images)
    for stage in ("integer QONNX", "golden", "FINN+ graph"):
        values[stage] = [v * np.float32(s) for v, s in zip(values[stage], scales, strict=True)]
    result = Result(index, traits=sorted(drawn.traits))
    pairs = [("integer QONNX", "QONNX"), ("golden", "QONNX"), ("FINN+ graph", "golden")]
    if stock:
        result.differing = count(values["torch"], values["QONNX"])[2] > 0
    else:
        pairs.insert(0, ("QONNX", "torch"))
    for stage, reference in pairs:
        result.compared[f"{stage}, {reference}"] = count(values[stage], values[reference])
    found = ambiguity.survey(drawn, network, golden, code_scales(integer))
    result.ties = sum(survey.ties for survey in found)
    result.near = sum(int(survey.near.sum()) for survey in found)
    result.ambiguous = [point for survey in found for point in survey.points()]
    if stock:
        sums = len(found), sum(s.near.size for s in found), sum(s.unexplained for s in found)
        result.compared["torch on every sum, ONNX runtime apart from those near a threshold"] = sums
        counts = ambiguity.unexplained(drawn, found, values["QONNX"])
        result.compared["QONNX, torch apart from sums near a threshold"] = counts
    return result


def imported(drawn: Drawn, folder: Path) -> tuple[Network, ModelWrapper]:
    """Return a drawn network as QONNX, and as integer QONNX; both went through files."""
    path = folder / "source.onnx"
    files.write_bytes(path, to_qonnx(drawn.stages, drawn.shape).SerializeToString())
    network = read_network(load_model(path))
    model = to_integer(network, InputKind(drawn.kind))
    save_model(model, folder / "integer.onnx")
    return network, load_model(folder / "integer.onnx")


def onnx_values(network: Network, images: npt.NDArray[np.float32]) -> list[Array]:
    """Return the input of each layer before its padding, the last layer's sums, the outputs."""
    from qonnx.core.onnx_exec import execute_onnx

    model = with_batch(network.model, len(images))
    feed = {model.graph.input[0].name: images}
    context = execute_onnx(model, feed, return_full_exec_context=True)
    last = model.get_node_from_name(network.layers[-1].name).output[0]
    names = [*layer_inputs(network), last, model.graph.output[0].name]
    return [np.asarray(context[name]) for name in names]


def golden_values(golden: Golden, images: npt.NDArray[np.float32]) -> list[Array]:
    """Return the same of the golden executor, in codes."""
    codes = golden.codes(images)
    activations = list(golden.activations(codes))
    return [codes, *activations, golden.outputs(activations[-1])]


def graph_values(
    integer: ModelWrapper, golden: Golden, images: npt.NDArray[np.float32]
) -> list[Array]:
    """Return the same of the dataflow graph that the build starts from, in codes."""
    from hw_bnn.dataflow.boundaries import boundaries, execute
    from hw_bnn.dataflow.transformations.convert_to_hardware import ConvertToHardware
    from hw_bnn.dataflow.values import read_values

    start_finn()
    graph = body(integer).transform(ConvertToHardware())
    tensors = execute(graph, golden.codes(images))
    (read, *_) = read_values(graph) or []
    first = read.codes(tensors[graph.graph.input[0].name])
    results = [item.codes(tensors[item.tensor]) for item in boundaries(graph)]
    return [first, *results, golden.outputs(results[-1])]


@functools.cache
def start_finn() -> tempfile.TemporaryDirectory[str]:
    """Start FINN+ once in a process; its folder goes with the process."""
    from hw_bnn.dataflow import engine

    folder = tempfile.TemporaryDirectory(prefix="hw_bnn_")
    engine.start(Path(folder.name))
    return folder


def count(found: list[Array], expected: list[Array]) -> tuple[int, int, int]:
    """Count boundaries, values, and values that differ."""
    differing = 0
    for value, reference in zip(found, expected, strict=True):
        if value.shape != reference.shape:
            raise ValueError(f"shapes {value.shape} and {reference.shape} of one boundary")
        differing += int(np.count_nonzero(value != reference))
    return len(expected), sum(value.size for value in expected), differing
