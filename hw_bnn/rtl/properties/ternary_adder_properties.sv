// SPDX-License-Identifier: BSD-3-Clause
// ternary_adder adds three numbers modulo 2**Width; base and start share their place.

module ternary_adder_properties #(
  parameter int unsigned Width = 5,
  parameter int unsigned TermWidth = 3,
  parameter bit          Xilinx = 1'b0
) (
  input logic clk_i
);

  (* anyseq *) logic [Width-1:0] base_i, start_i;
  (* anyseq *) logic [TermWidth-1:0] x_i, y_i;
  logic [Width-1:0] sum_o;

  ternary_adder #(.Width(Width), .TermWidth(TermWidth), .Xilinx(Xilinx)) dut (.*);

  always_comb begin
    assert (sum_o == Width'((base_i | start_i) + x_i + y_i));
    cover (sum_o == 0 && x_i != 0);
  end

endmodule
