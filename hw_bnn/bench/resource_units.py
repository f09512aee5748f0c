# SPDX-License-Identifier: BSD-3-Clause
"""Units of networks that were built and synthesised, beside what the models say of them now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn import files
from hw_bnn.errors import HwBnnError
from hw_bnn.tools.caching import cache_folder

if TYPE_CHECKING:
    from hw_bnn.dataflow.resources import Resources

REPORTS = Path("benchmarks/results/verify")
NETWORKS = ("cnv-cifar10-finn-folding", "cnv-cifar10-xc7z020")
"""Reports of runs of CNV."""


def built(network: str) -> list[tuple[str, Resources, dict[str, Any]]]:
    """Return name, estimate and figures of each unit of a built CNV, up to its sums.

    Raises:
        HwBnnError: if its report is not there.
    """
    from finn.transformation.general import ApplyConfig
    from qonnx.core.datatype import DataType
    from qonnx.custom_op.registry import getCustomOp
    from qonnx.transformation.infer_datatypes import InferDataTypes
    from qonnx.transformation.infer_shapes import InferShapes

    from hw_bnn.bench.folding import networks
    from hw_bnn.dataflow import engine
    from hw_bnn.dataflow.transformations.insert_streams import InsertStreams, SetFifoDepths

    path = REPORTS / f"{network}.json"
    if not path.is_file():
        raise HwBnnError(f"{path}: not found; run this benchmark in the repository's root")
    report = files.read_json(path)
    engine.start(cache_folder("finn"))
    graph = networks()["CNV"][0]()
    graph.set_tensor_datatype(graph.graph.input[0].name, DataType["UINT8"])
    graph = graph.transform(ApplyConfig({"Defaults": {}} | report["folding"]))
    graph = graph.transform(InferShapes()).transform(InferDataTypes())
    graph = graph.transform(InsertStreams()).transform(SetFifoDepths(report["fifo_depths"]))
    figures = report["resources"]["layers"]
    return [
        (node.name, getCustomOp(node).resources(), figures[node.name]) for node in graph.graph.node
    ]
