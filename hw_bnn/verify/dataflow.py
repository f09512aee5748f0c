# SPDX-License-Identifier: BSD-3-Clause
"""Executes the model that each step of the FINN+ build left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.dataflow import engine
from hw_bnn.export.model import run_batches
from hw_bnn.verify.boundaries import Values

if TYPE_CHECKING:
    from hw_bnn.build.folder import BuildFolder
    from hw_bnn.golden import Golden

_PARTITION = "step_create_dataflow_partition"
"""From this step on the graph ends in popcounts P; before it, in sums 2P - K."""


def graph_stages(
    folder: BuildFolder, golden: Golden, images: npt.NDArray[np.float32]
) -> Iterator[tuple[str, Callable[[int, int], Values]]]:
    """Yield each step's name and what runs its graph.

    FINN+'s graph takes -1 and +1 until its streamlining, 0 and 1 afterwards; which of the two
    holds is annotated at the graph's input.
    """
    from qonnx.core.datatype import DataType
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.build.steps import STEPS

    engine.start(folder.dataflow / "finn_tmp")
    taps = golden.layers[-1].product.taps
    unseen = [None] * (len(golden.layers) - 1)
    partitioned = False
    for step in (name.rsplit(".", 1)[-1] for name in STEPS):
        model = ModelWrapper(str(folder.dataflow / "intermediate_models" / f"{step}.onnx"))
        partitioned = partitioned or step == _PARTITION
        bipolar = model.get_tensor_datatype(model.graph.input[0].name) == DataType["BIPOLAR"]
        mapped = any(node.domain.startswith(engine.DOMAIN) for node in model.graph.node)

        def run(
            start: int,
            stop: int,
            model: ModelWrapper = model,
            bipolar: bool = bipolar,
            mapped: bool = mapped,
            partitioned: bool = partitioned,
        ) -> Values:
            codes = golden.codes(images[start:stop]).astype(np.float32)
            inputs = codes if bipolar else (codes > 0).astype(np.float32)
            found = run_batches(model, inputs, batch=1 if mapped else len(inputs))
            sums = (2 * found - taps if partitioned else found).astype(np.int32)
            return [codes, *unseen, sums.astype(np.float32), golden.outputs(sums)]

        yield step, run
