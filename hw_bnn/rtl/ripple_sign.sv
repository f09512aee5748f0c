// SPDX-License-Identifier: BSD-3-Clause
// Highest bit of a + b + carry modulo 2**Width: the sign in two's complement. Combinational.

module ripple_sign #(
  parameter int unsigned Width = 4,
  parameter bit          Xilinx = 1'b1
) (
  input  logic [Width-1:0] a_i,
  input  logic [Width-1:0] b_i,
  input  logic             carry_i,
  output logic             sign_o
);

  logic [Width-1:0] sum;
  logic unused;

  ripple_adder #(.Width(Width), .SumWidth(Width), .Xilinx(Xilinx)) u_adder (
    .a_i, .b_i, .carry_i, .sum_o(sum)
  );

  assign sign_o = sum[Width-1];
  assign unused = ^sum;

endmodule
