// SPDX-License-Identifier: BSD-3-Clause
// ripple_adder adds modulo 2**SumWidth.

module ripple_adder_properties #(
  parameter int unsigned Width = 4,
  parameter int unsigned SumWidth = 5
) (
  input logic clk_i
);

  (* anyseq *) logic [Width-1:0] a_i, b_i;
  (* anyseq *) logic carry_i;
  logic [SumWidth-1:0] sum_o;

  ripple_adder #(.Width(Width), .SumWidth(SumWidth)) dut (.*);

  always_comb begin
    assert (sum_o == (a_i + b_i + carry_i) % 2 ** SumWidth);
    cover (&sum_o);
  end

endmodule
