# SPDX-License-Identifier: BSD-3-Clause
"""Constant layers as a stream unit: the module that gives their logic valid and ready."""

from __future__ import annotations

from collections.abc import Sequence

from hw_bnn.codegen import constant
from hw_bnn.codegen.constant import HEADER, ConstantLayer, network

MODULES = (*constant.MODULES, "output_register")
"""Modules of the library that the generated text needs."""


def stages_for(layers: Sequence[ConstantLayer]) -> int:
    """Return how many pipeline stages keep paths as short as those of the library.

    A register lies behind every adder: two adders in a row were six levels.
    """
    netlist, _ = constant.to_netlist(layers)
    return max(*netlist.levels, 1)


def stream(name: str, layers: Sequence[ConstantLayer], stages: int = 0) -> dict[str, str]:
    """Return two files: module `name`_logic computes the layers, `name` is a stream unit around it.

    `name` has the library's ports: clk_i, rst_ni, data_i, valid_i, ready_o, data_o, valid_o,
    ready_i. It takes an input and gives a result every cycle, `stages` + 1 cycles later, and
    stands still as a whole while its results are not taken.

    Raises:
        HwBnnError: see hw_bnn.codegen.constant.network.
    """
    logic = network(f"{name}_logic", layers, stages)
    inputs = len(layers[0].weights)
    outputs = layers[-1].weights.shape[1] * layers[-1].out_bits
    pins = ".data_i, .data_o(result)"
    valid = ["  assign valid = valid_i;"]
    if stages:
        pins = f".clk_i, .enable_i(ready_o), {pins}"
        valid = [
            f"  logic [{stages - 1}:0] valid_q;",
            "  always_ff @(posedge clk_i) begin",
            "    if (!rst_ni) valid_q <= '0;",
            f"    else if (ready_o) valid_q <= {stages}'({{valid_q, valid_i}});",
            "  end",
            f"  assign valid = valid_q[{stages - 1}];",
        ]
    unit = "\n".join([
        f"{HEADER}module {name} (",
        "  input  logic clk_i,",
        "  input  logic rst_ni,",
        f"  input  logic [{inputs - 1}:0] data_i,",
        "  input  logic valid_i,",
        "  output logic ready_o,",
        f"  output logic [{outputs - 1}:0] data_o,",
        "  output logic valid_o,",
        "  input  logic ready_i",
        ");",
        "",
        f"  logic [{outputs - 1}:0] result;",
        "  logic valid;",
        f"  {name}_logic u_logic ({pins});",
        *valid,
        f"  output_register #(.Width({outputs}), .EveryCycle(1)) u_output (",
        "    .clk_i, .rst_ni, .data_i(result), .valid_i(valid), .ready_o,",
        "    .data_o, .valid_o, .ready_i",
        "  );",
        "",
        "endmodule",
        "",
    ])  # fmt: skip
    return {f"{name}_logic.sv": logic, f"{name}.sv": unit}
