# SPDX-License-Identifier: BSD-3-Clause
"""Reading, tidying, running and saving ONNX models with qonnx."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hw_bnn.errors import HwBnnError
from hw_bnn.export.execute import execute
from hw_bnn.files import write_bytes

if TYPE_CHECKING:
    from onnx import NodeProto
    from qonnx.core.modelwrapper import ModelWrapper

QONNX_DOMAIN = "qonnx.custom_op.general"
_DOMAINS = ("", "ai.onnx", QONNX_DOMAIN)
QUANTISERS = ("Quant", "BipolarQuant", "Trunc", "IntQuant")


def load_model(path: Path) -> ModelWrapper:
    """Read and tidy a model: shapes inferred, constants folded, batch set to 1, names kept.

    Weight quantisers are constants too: they are evaluated with qonnx's own executor, so that
    a weight is what the source says it is.

    Raises:
        HwBnnError: if the file is missing, is not ONNX, or its shapes cannot be inferred.
    """
    import onnx
    from google.protobuf.message import DecodeError
    from onnx.checker import ValidationError
    from qonnx.core.modelwrapper import ModelWrapper

    if not path.is_file():
        raise HwBnnError(f"{path}: no such model file")
    try:
        proto = onnx.load(path)
        if not proto.graph.node or not proto.graph.output:
            raise HwBnnError(f"{path}: the ONNX graph is empty; export the model again")
        model = ModelWrapper(proto, fix_missing_initializer_valueinfo=True)
    except DecodeError:
        raise HwBnnError(f"{path}: not a readable ONNX file; export the model again") from None
    except (ValidationError, OSError, ValueError) as error:  # data outside the file
        reason = " ".join(str(error).split())[:200]
        raise HwBnnError(f"{path}: the model's data cannot be read: {reason}") from None
    try:
        return tidy(model)
    except HwBnnError as error:
        raise HwBnnError(f"{path}: {error}") from None


def tidy(model: ModelWrapper) -> ModelWrapper:
    """Bring a model to the form that the rest of the package reads; see load_model."""
    from qonnx.transformation.extract_conv_bias import ExtractBiasFromConv
    from qonnx.transformation.general import (
        GiveUniqueParameterTensors,
        RemoveStaticGraphInputs,
        RemoveUnusedTensors,
    )
    from qonnx.transformation.infer_shapes import InferShapes

    from hw_bnn.export.fold import FoldConstants
    from hw_bnn.export.gemm import GemmToMatMul

    _name_nodes(model)
    for node in model.graph.node:
        if node.op_type in QUANTISERS:
            node.domain = QONNX_DOMAIN
        if node.domain not in _DOMAINS:
            raise HwBnnError(
                f"node {node.name}: operation {node.op_type} of domain {node.domain} is not "
                "supported; express it with ONNX's own operations or qonnx's quantisers"
            )
    model = model.transform(RemoveStaticGraphInputs())
    _fix_batch(model)
    transformations = [
        InferShapes(),
        GiveUniqueParameterTensors(),
        GemmToMatMul(),
        FoldConstants(),
        ExtractBiasFromConv(),
        RemoveUnusedTensors(),
        InferShapes(),
    ]
    for transformation in transformations:
        try:
            model = model.transform(transformation, make_deepcopy=False)
        except HwBnnError:
            raise
        except Exception as error:  # third-party passes raise bare exceptions of any kind
            step = type(transformation).__name__
            reason = " ".join(str(error).split())[:200]
            raise HwBnnError(f"the model cannot be tidied: {step} failed ({reason})") from error
    _name_nodes(model)
    return model


def _name_nodes(model: ModelWrapper) -> None:
    """Give every node a name of its own; names that are unique already stay."""
    taken = {node.name for node in model.graph.node}
    seen: set[str] = set()
    for index, node in enumerate(model.graph.node):
        name = node.name or f"{node.op_type}_{index}"
        if name in seen or (not node.name and name in taken):
            name = next(n for n in (f"{name}_{k}" for k in itertools.count(1)) if n not in taken)
        node.name = name
        seen.add(name)
        taken.add(name)


def _fix_batch(model: ModelWrapper) -> None:
    """Set the batch dimension of a model with one input, of float32, to 1."""
    from onnx import TensorProto

    if len(model.graph.input) != 1 or len(model.graph.output) != 1:
        raise HwBnnError(
            f"the model has {len(model.graph.input)} inputs and {len(model.graph.output)} "
            "outputs; exactly one of each is supported"
        )
    image = model.graph.input[0].type.tensor_type
    if image.elem_type != TensorProto.FLOAT:
        shown = TensorProto.DataType.Name(image.elem_type).lower()
        raise HwBnnError(
            f"the model's input {model.graph.input[0].name} is {shown}; export the model in "
            "float32 (a tensor(float) at its input)"
        )
    dims = image.shape.dim
    if not dims:
        raise HwBnnError("the model's input has no shape; export it with a fixed image shape")
    for index, dim in enumerate(dims):
        if index == 0:
            dim.dim_value = 1
        elif dim.dim_value < 1:
            raise HwBnnError(
                f"dimension {index} of the model's input is not fixed; only the batch may be"
            )
    del model.graph.value_info[:]


def save_model(model: ModelWrapper, path: Path) -> None:
    """Write a model atomically."""
    write_bytes(path, model.model.SerializeToString())


def constant(model: ModelWrapper, tensor: str) -> npt.NDArray[Any] | None:
    """Return the value of a constant tensor, or None."""
    value = model.get_initializer(tensor)
    return None if value is None else np.asarray(value)


def dynamic_inputs(model: ModelWrapper, node: NodeProto) -> list[str]:
    """Return the names of a node's inputs that are not constants."""
    return [name for name in node.input if name and model.get_initializer(name) is None]


def sub_model(
    model: ModelWrapper,
    nodes: Sequence[NodeProto],
    shape: Sequence[int],
    name: str,
    replaced: Mapping[str, npt.NDArray[Any]] | None = None,
) -> ModelWrapper:
    """Return `nodes`, a chain of one input and one output, as a model of its own.

    Args:
        model: the model that holds the nodes and their constants.
        nodes: consecutive nodes of a chain, at least one.
        shape: shape of the chain's input, batch first.
        name: graph name, used in error messages.
        replaced: constants with other values than in `model`.
    """
    from onnx import TensorProto, helper, numpy_helper
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.infer_shapes import InferShapes

    first, last = dynamic_inputs(model, nodes[0])[0], nodes[-1].output[0]
    own = replaced or {}
    used = {name for node in nodes for name in node.input} - set(own)
    constants = [item for item in model.graph.initializer if item.name in used]
    constants += [numpy_helper.from_array(value, key) for key, value in own.items()]
    graph = helper.make_graph(
        list(nodes),
        name,
        [helper.make_tensor_value_info(first, TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, None)],
        constants,
    )
    proto = helper.make_model(graph, opset_imports=model.model.opset_import)
    proto.ir_version = model.model.ir_version
    part = ModelWrapper(proto, fix_missing_initializer_valueinfo=True)
    return part.transform(InferShapes(), make_deepcopy=False, cleanup=False)


def run_model(model: ModelWrapper, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Run a model with qonnx's executor on one array of exactly its input shape."""
    return np.asarray(execute(model, x)[model.graph.output[0].name], dtype=np.float32)


def with_batch(model: ModelWrapper, batch: int) -> ModelWrapper:
    """Return the model for another batch size."""
    from qonnx.transformation.change_batchsize import ChangeBatchSize
    from qonnx.transformation.infer_shapes import InferShapes

    if model.get_tensor_shape(model.graph.input[0].name)[0] == batch:
        return model
    return model.transform(ChangeBatchSize(batch)).transform(InferShapes())


def run_finite(part: ModelWrapper, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Run what sub_model returned on `x`; every value on the way must be finite.

    Raises:
        HwBnnError: naming the first node whose output is not finite.
    """
    values = execute(part, x)
    for node in part.graph.node:
        if not np.isfinite(values[node.output[0]]).all():
            raise HwBnnError(
                f"node {node.name}: {node.op_type} ({part.graph.name}) gives values that are not "
                "finite; retrain, or mend the model's constants"
            )
    return np.asarray(values[part.graph.output[0].name], dtype=np.float32)


def run_batches(
    model: ModelWrapper, x: npt.NDArray[np.float32], batch: int = 1000
) -> npt.NDArray[np.float32]:
    """Run a model of batch 1 on `x` [N, ...] in batches; return [N, ...]."""
    output = model.get_tensor_shape(model.graph.output[0].name)
    parts = [np.empty((0, *output[1:]), dtype=np.float32)]
    for start in range(0, len(x), batch):
        part = x[start : start + batch]
        parts.append(run_model(with_batch(model, len(part)), part))
    return np.concatenate(parts)
