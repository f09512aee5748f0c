# SPDX-License-Identifier: BSD-3-Clause
"""What the operators of this package share: a module of the library and a wrapper around it."""

from __future__ import annotations

import math
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finn.custom_op.fpgadataflow.rtlbackend import RTLBackend

from hw_bnn.codegen.verilog import wrapper
from hw_bnn.dataflow.chain import unit_times
from hw_bnn.dataflow.resources import Resources
from hw_bnn.files import write_text
from hw_bnn.rtl import sources

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.codegen.verilog import Unit
    from hw_bnn.dataflow.chain import Stage


class LibraryOp(RTLBackend):
    """An operator whose hardware is one module of the package's library."""

    @abstractmethod
    def unit(self, model: ModelWrapper) -> Unit:
        """Describe this node as hardware; memory contents come from the model's constants."""

    @abstractmethod
    def stages(self) -> list[Stage]:
        """Describe this node's modules for the model of the whole chain; a FIFO has none."""

    def resources(self) -> Resources:
        """Estimate what this node takes; see hw_bnn.dataflow.resources."""
        raise NotImplementedError(type(self).__name__)

    def lut_estimation(self, fpgapart: str) -> int:
        """Estimated look-up table sites, as logic or memory."""
        return self.resources().lut

    def bram_estimation(self, fpgapart: str) -> int:
        """Estimated block RAMs of 18 Kbit."""
        return self.resources().bram18

    def output_times(self, arrivals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Cycle of each output beat, given the cycle of each input beat and no back-pressure."""
        entering, leaving = self.get_folded_input_shape(), self.get_folded_output_shape()
        outputs = len(arrivals) * math.prod(leaving[:-1]) // math.prod(entering[:-1])
        return unit_times(self.stages(), arrivals, outputs)

    def generate_hdl(self, model: ModelWrapper, fpgapart: str, clk: float) -> None:
        """Write wrapper and memory files into the node's folder, as FINN+'s PrepareIP asks."""
        unit = self.unit(model)
        folder = Path(self.get_nodeattr("code_gen_dir_ipgen"))
        write_text(folder / f"{unit.name}.v", wrapper(unit))
        for name, content in {**unit.memories, **unit.sources}.items():
            write_text(folder / name, content)
        self.set_nodeattr("gen_top_module", unit.name)
        self.set_nodeattr("ipgen_path", str(folder))
        self.set_nodeattr("ip_path", str(folder))

    def get_rtl_file_list(self, abspath: bool = False) -> list[str]:
        """Return the node's own files and the library's."""
        folder = Path(self.get_nodeattr("code_gen_dir_ipgen"))
        own = [folder / f"{self.get_nodeattr('gen_top_module')}.v", *sorted(folder.glob("*.sv"))]
        return [str(path) if abspath else path.name for path in (*own, *sources())]

    def code_generation_ipi(self) -> list[str]:
        """Return the Tcl commands that add this node to a Vivado block design."""
        files = [f"add_files -norecurse {name}" for name in self.get_rtl_file_list(abspath=True)]
        folder = Path(self.get_nodeattr("code_gen_dir_ipgen"))
        files += [f"add_files -norecurse {name}" for name in sorted(folder.glob("*.mem"))]
        top = self.get_nodeattr("gen_top_module")
        return [*files, f"create_bd_cell -type module -reference {top} {self.onnx_node.name}"]

    def execute_node(self, context: dict[str, Any], graph: Any) -> None:
        """Compute the outputs in Python; hardware is simulated as a whole, not node by node."""
        self.compute(context)

    @abstractmethod
    def compute(self, context: dict[str, Any]) -> None:
        """Write this node's outputs into `context`."""
