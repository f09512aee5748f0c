# SPDX-License-Identifier: BSD-3-Clause
"""A bench: one module of the library in a wrapper with FINN's port names, compiled and run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hw_bnn.tools.simulator import StreamSimulator
from hw_bnn.tools.verilator import compile_simulator

RTL = Path(__file__).parents[2] / "hw_bnn" / "rtl"

_WRAPPER = """\
module bench (
  input  logic ap_clk,
  input  logic ap_rst_n,
  input  logic [{in_top}:0] in0_V_TDATA,
  input  logic in0_V_TVALID,
  output logic in0_V_TREADY,
  output logic [{out_top}:0] out0_V_TDATA,
  output logic out0_V_TVALID,
  input  logic out0_V_TREADY,
  output logic [31:0] gauge_o
);
  logic [{out_bits}-1:0] data;
  assign out0_V_TDATA = {out_bytes_bits}'(data);
  {gauge_constant}
  {module} #({parameters}) dut (
    .clk_i(ap_clk), .rst_ni(ap_rst_n),
    .data_i(in0_V_TDATA[{in_bits}-1:0]), .valid_i(in0_V_TVALID), .ready_o(in0_V_TREADY),
    .data_o(data), .valid_o(out0_V_TVALID), .ready_i(out0_V_TREADY){gauge_port}
  );
endmodule
"""

Bench = Callable[..., StreamSimulator]


@pytest.fixture
def rtl() -> Path:
    """Folder of the library."""
    return RTL


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Compile `module` with `parameters`; data_dir is where its $readmemh files are to lie."""

    def build(
        module: str,
        parameters: dict[str, str | int],
        in_bits: int,
        out_bits: int,
        *,
        gauge: bool = False,
    ) -> StreamSimulator:
        folder = tmp_path_factory.mktemp(module)
        in_bytes, out_bytes = (in_bits + 7) // 8, (out_bits + 7) // 8
        wrapper = folder / "bench.sv"
        wrapper.write_text(
            _WRAPPER.format(
                module=module,
                parameters=", ".join(f".{name}({value})" for name, value in parameters.items()),
                in_bits=in_bits,
                out_bits=out_bits,
                in_top=8 * in_bytes - 1,
                out_top=8 * out_bytes - 1,
                out_bytes_bits=8 * out_bytes,
                gauge_constant="" if gauge else "assign gauge_o = '0;",
                gauge_port=", .max_count_o(gauge_o)" if gauge else "",
            )
        )
        return compile_simulator(
            [wrapper, *sorted(RTL.glob("*.sv"))], "bench", folder, in_bytes, out_bytes, gauges=1
        )

    return build
