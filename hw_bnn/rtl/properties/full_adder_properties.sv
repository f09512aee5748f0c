// SPDX-License-Identifier: BSD-3-Clause
// full_adder gives the number of ones among three bits.

module full_adder_properties #(
  parameter bit Xilinx = 1'b0
) (
  input logic clk_i
);

  (* anyseq *) logic [2:0] bits_i;
  logic [1:0] count_o;

  full_adder #(.Xilinx(Xilinx)) dut (.*);

  always_comb begin
    assert (count_o == 2'(bits_i[0]) + 2'(bits_i[1]) + 2'(bits_i[2]));
    cover (count_o == 3);
  end

endmodule
