// SPDX-License-Identifier: BSD-3-Clause
// six_counter gives the number of ones among six bits.

module six_counter_properties #(
  parameter bit Xilinx = 1'b0
) (
  input logic clk_i
);

  (* anyseq *) logic [5:0] bits_i;
  logic [2:0] count_o, ones;

  six_counter #(.Xilinx(Xilinx)) dut (.*);

  always_comb begin
    ones = '0;
    for (int i = 0; i < 6; i++) ones = ones + 3'(bits_i[i]);
    assert (count_o == ones);
    cover (count_o == 6);
  end

endmodule
