# SPDX-License-Identifier: BSD-3-Clause
"""Stages in software: each gives the values at all boundaries for some images."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.export.model import QONNX_DOMAIN, QUANTISERS, run_model, with_batch
from hw_bnn.export.network import layer_inputs
from hw_bnn.verify.boundaries import Values

if TYPE_CHECKING:
    from pathlib import Path

    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.export.network import Network
    from hw_bnn.golden import Golden


Run = Callable[[int, int], Values]
"""Values of the images from one number up to another."""


@dataclass(frozen=True)
class Stage:
    """A stage of the flow.

    Attributes:
        name: as the report has it.
        reference: name of the stage that it is compared with; None for the first.
        samples: so many of the images, from the first on.
        run: gives its values.
    """

    name: str
    reference: str | None
    samples: int
    run: Run


def units(network: Network, scales: Sequence[float]) -> list[float]:
    """Return for every boundary of a source what one code stands for, a power of two.

    Args:
        network: the source.
        scales: of the codes that each layer reads; see hw_bnn.export.integer.code_scales.
    """
    return [*scales, network.layers[-1].scale * scales[-1], 1.0]


class Observed:
    """A QONNX model in qonnx's executor, with its values at the boundaries."""

    def __init__(self, network: Network, units: Sequence[float]) -> None:
        """Take a source or integer network and what one code stands for at each boundary."""
        model, last = network.model, network.layers[-1].name
        sums = model.get_node_from_name(last).output[0]
        self._tensors = [*layer_inputs(network), sums, model.graph.output[0].name]
        self._units = [np.float32(unit) for unit in units]
        self._model = _unannotated(model)

    def run(self, x: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """Return the values for prepared images; codes times unit is what the model computes."""
        from qonnx.core.onnx_exec import execute_onnx

        self._model = with_batch(self._model, len(x))
        name = self._model.graph.input[0].name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context = execute_onnx(self._model, {name: x}, return_full_exec_context=True)
        pairs = zip(self._tensors, self._units, strict=True)
        return [np.asarray(context[tensor] / unit, dtype=np.float32) for tensor, unit in pairs]


def _unannotated(model: ModelWrapper) -> ModelWrapper:
    """Copy a model without datatypes: by them qonnx rounds values, and that takes most time."""
    from qonnx.core.modelwrapper import ModelWrapper

    copy = ModelWrapper(model.model, make_deepcopy=True)
    del copy.graph.quantization_annotation[:]
    return copy


def golden_values(golden: Golden, x: npt.NDArray[np.float32]) -> Values:
    """Return the golden executor's values for prepared images."""
    codes = golden.codes(x)
    return with_outputs(golden, [codes, *golden.activations(codes)])


def with_outputs(golden: Golden, found: Sequence[npt.NDArray[np.integer]]) -> Values:
    """Append what the host makes of the last layer's sums; sums out of range count as the limit.

    Args:
        golden: the golden executor.
        found: codes of the input, of every layer, and labels if the stage gives them.
    """
    last, count = golden.layers[-1].product, len(golden.layers) + 1
    before = [layer.activation for layer in golden.layers if layer.activation is not None]
    levels = before[-1].levels if before else golden.head.levels
    limit = last.taps * max(abs(levels.lo), abs(levels.hi))
    outputs = golden.outputs(np.clip(found[count - 1], -limit, limit).astype(np.int32))
    values = [values.astype(np.float32) for values in found]
    return [*values[:count], outputs, *values[count:]]


class AsGiven:
    """The source's file as it is, node by node, without anything that reading it changes."""

    def __init__(self, path: Path) -> None:
        """Read a file that load_model reads."""
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.transformation.infer_shapes import InferShapes

        model = ModelWrapper(str(path))
        for node in model.graph.node:
            if node.op_type in QUANTISERS:
                node.domain = QONNX_DOMAIN
        for tensor in (model.graph.input[0], model.graph.output[0]):
            tensor.type.tensor_type.shape.dim[0].dim_value = 1
        del model.graph.value_info[:]
        self._model = model.transform(InferShapes())

    def run(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the outputs for prepared images, taken one by one."""
        return np.concatenate([run_model(self._model, image[None]) for image in x])


def chunk_images(model: ModelWrapper, megabytes: int = 256) -> int:
    """Return how many images a graph may take at once in about so much memory."""
    constants = {tensor.name for tensor in model.graph.initializer}
    shapes = [
        model.get_tensor_shape(name)
        for name in model.get_all_tensor_names()
        if name not in constants
    ]
    elements = sum(int(np.prod(shape)) for shape in shapes if shape is not None)
    return int(np.clip(megabytes * 2**20 // (4 * elements), 1, 1000))
