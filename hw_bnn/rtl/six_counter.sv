// SPDX-License-Identifier: BSD-3-Clause
// Number of ones among six bits, in two look-up tables and their carry chain. Combinational.
//
// With x + 2y the number of ones among the first four (y in 0..2), the chain adds at weight 1 x and
// the last two bits, and at weight 2 y and the carry. Where y = 2 the chain's generate input sets
// the carry of weight 4; y = 2 propagates nothing, so that the carry from below stays in the sum.

module six_counter #(
  parameter bit Xilinx = 1'b1
) (
  input  logic [5:0] bits_i,
  output logic [2:0] count_o
);

  // Generate in the lower half, propagate in the upper, as dual_lut wants it.
  function automatic logic [63:0] low_table();
    for (int i = 0; i < 32; i++) begin
      low_table[i] = i[4];
      low_table[32+i] = i[0] ^ i[1] ^ i[2] ^ i[3] ^ i[4];
    end
  endfunction

  function automatic logic [63:0] high_table();
    logic [2:0] ones;
    for (int i = 0; i < 32; i++) begin
      // No casts: yosys 0.70 extends 3'(i[0]) with the sign of i, and the table would be wrong.
      ones = {2'b00, i[0]} + {2'b00, i[1]} + {2'b00, i[2]} + {2'b00, i[3]};
      high_table[i] = (ones == 4);
      high_table[32+i] = (ones == 2) || (ones == 3);
    end
  endfunction

  logic [1:0] propagate, generation;

  dual_lut #(.Init(low_table()), .Xilinx(Xilinx)) u_low (
    .in_i(bits_i[4:0]), .low_o(generation[0]), .high_o(propagate[0])
  );
  dual_lut #(.Init(high_table()), .Xilinx(Xilinx)) u_high (
    .in_i({1'b0, bits_i[3:0]}), .low_o(generation[1]), .high_o(propagate[1])
  );
  carry_chain #(.Width(2), .Xilinx(Xilinx)) u_chain (
    .propagate_i(propagate), .generate_i(generation), .carry_i(bits_i[5]),
    .sum_o(count_o[1:0]), .carry_o(count_o[2])
  );

endmodule
