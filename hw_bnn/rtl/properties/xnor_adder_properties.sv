// SPDX-License-Identifier: BSD-3-Clause
// xnor_adder adds two XNORs and a bit.

module xnor_adder_properties #(
  parameter bit Xilinx = 1'b0
) (
  input logic clk_i
);

  (* anyseq *) logic [1:0] a_i, b_i;
  (* anyseq *) logic bit_i;
  logic sum_o, carry_o;

  xnor_adder #(.Xilinx(Xilinx)) dut (.*);

  always_comb begin
    assert ({carry_o, sum_o} == 2'(a_i[0] == b_i[0]) + 2'(a_i[1] == b_i[1]) + 2'(bit_i));
    cover ({carry_o, sum_o} == 3);
  end

endmodule
