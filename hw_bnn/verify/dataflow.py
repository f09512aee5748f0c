# SPDX-License-Identifier: BSD-3-Clause
"""Executes the model that each step of the FINN+ build left behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.dataflow import engine
from hw_bnn.export.model import run_batches

if TYPE_CHECKING:
    from hw_bnn.build.folder import BuildFolder
    from hw_bnn.golden import Golden

_PARTITION = "step_create_dataflow_partition"
"""From this step on the graph ends in popcounts P; before it, in sums 2P - K."""


def graph_sums(
    folder: BuildFolder, golden: Golden, bits: npt.NDArray[np.bool_]
) -> Iterator[tuple[str, npt.NDArray[np.int32]]]:
    """Yield each step's name and the sums [N, classes] that its graph computes from input bits.

    FINN+'s graph takes -1 and +1 until its streamlining, 0 and 1 afterwards; which of the two
    holds is annotated at the graph's input.
    """
    from qonnx.core.datatype import DataType
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.build.steps import STEPS

    engine.start(folder.dataflow / "finn_tmp")
    taps = golden.layers[-1].product.taps
    partitioned = False
    for step in (name.rsplit(".", 1)[-1] for name in STEPS):
        model = ModelWrapper(str(folder.dataflow / "intermediate_models" / f"{step}.onnx"))
        partitioned = partitioned or step == _PARTITION
        bipolar = model.get_tensor_datatype(model.graph.input[0].name) == DataType["BIPOLAR"]
        inputs = (2 * bits.astype(np.float32) - 1) if bipolar else bits.astype(np.float32)
        mapped = any(node.domain.startswith(engine.DOMAIN) for node in model.graph.node)
        sums = run_batches(model, inputs, batch=1 if mapped else len(inputs))
        yield step, (2 * sums - taps if partitioned else sums).astype(np.int32)
