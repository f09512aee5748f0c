# SPDX-License-Identifier: BSD-3-Clause
"""Where each matrix unit's weights stand: in memory, or in logic made for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qonnx.custom_op.registry import getCustomOp
from qonnx.transformation.base import Transformation

from hw_bnn.codegen.constant_stream import stages_for

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper


class ChooseWeightStyle(Transformation):
    """Make constants of the weights of matrix units that are unrolled completely.

    Such a unit needs each weight in every cycle, and a memory would save nothing. It must have
    bits as inputs, and one threshold or none; others keep their memory, one word deep.
    """

    def apply(self, model: ModelWrapper) -> tuple[ModelWrapper, bool]:
        """Apply to every matrix unit; folding must be set."""
        for node in model.get_nodes_by_op_type("XnorMVAU_rtl"):
            unit = getCustomOp(node)
            if unit.folds == (1, 1) and unit.may_be_constant:
                unit.set_nodeattr("weightStyle", "constant")
                unit.set_nodeattr("pipelineStages", stages_for([unit.constant_layer(model)]))
        return model, False
