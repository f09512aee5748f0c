// SPDX-License-Identifier: BSD-3-Clause
// sum = a + b + carry, modulo 2**SumWidth. Combinational; SumWidth is Width or Width + 1.
//
// On a Xilinx device one look-up table per bit feeds the carry chain: a comes from its signal as it
// is, while b may be a small function that fits into the same look-up table.

module ripple_adder #(
  parameter int unsigned Width = 4,
  parameter int unsigned SumWidth = Width + 1,
  parameter bit          Xilinx = 1'b1
) (
  input  logic [Width-1:0]    a_i,
  input  logic [Width-1:0]    b_i,
  input  logic                carry_i,
  output logic [SumWidth-1:0] sum_o
);

`ifdef SYNTHESIS
  logic [Width:0] sum;
  carry_chain #(.Width(Width), .Xilinx(Xilinx)) u_chain (
    .propagate_i(a_i ^ b_i), .generate_i(a_i), .carry_i,
    .sum_o(sum[Width-1:0]), .carry_o(sum[Width])
  );
  assign sum_o = sum[SumWidth-1:0];
`else
  logic unused_xilinx;
  assign unused_xilinx = Xilinx;
  assign sum_o = SumWidth'(a_i) + SumWidth'(b_i) + SumWidth'(carry_i);
`endif

endmodule
