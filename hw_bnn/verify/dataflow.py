# SPDX-License-Identifier: BSD-3-Clause
"""Executes the model that each step of the FINN+ build left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.build.steps import STEPS
from hw_bnn.dataflow import engine
from hw_bnn.dataflow.boundaries import boundaries, execute
from hw_bnn.dataflow.values import QUANTISER, read_values
from hw_bnn.verify.boundaries import Values
from hw_bnn.verify.stages import with_outputs

if TYPE_CHECKING:
    from hw_bnn.build.folder import BuildFolder
    from hw_bnn.golden import Golden


def graph_stages(
    folder: BuildFolder,
    golden: Golden,
    images: npt.NDArray[np.float32],
    steps: Sequence[str] = STEPS,
) -> Iterator[tuple[str, Callable[[int, int], Values]]]:
    """Yield each step's name and what runs its graph on images from one number up to another."""
    from qonnx.core.modelwrapper import ModelWrapper

    engine.start(folder.dataflow / "finn_tmp")
    for step in (name.rsplit(".", 1)[-1] for name in steps):
        model = ModelWrapper(str(folder.dataflow / "intermediate_models" / f"{step}.onnx"))
        if read_values(model) is None:  # by annotations qonnx rounds values, in Python
            del model.graph.quantization_annotation[:]

        def run(start: int, stop: int, model: ModelWrapper = model) -> Values:
            codes, places = golden.codes(images[start:stop]), boundaries(model)
            quantises = places[0].layer == QUANTISER
            found = execute(model, golden.pixels(images[start:stop]) if quantises else codes)
            values = [place.codes(found[place.tensor]) for place in places]
            return with_outputs(golden, values if quantises else [codes, *values])

        yield step, run
