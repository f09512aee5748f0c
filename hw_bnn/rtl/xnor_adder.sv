// SPDX-License-Identifier: BSD-3-Clause
// Two XNORs and a full adder in one look-up table:
//
//   2 * carry + sum = XNOR(a[0], b[0]) + XNOR(a[1], b[1]) + bit
//
// Combinational.

module xnor_adder #(
  parameter bit Xilinx = 1'b1
) (
  input  logic [1:0] a_i,
  input  logic [1:0] b_i,
  input  logic       bit_i,
  output logic       sum_o,
  output logic       carry_o
);

  // Carry in the lower half, sum in the upper, as dual_lut wants it.
  function automatic logic [63:0] table_of();
    logic equal_0, equal_1;
    for (int i = 0; i < 32; i++) begin
      equal_0 = (i[0] == i[2]);
      equal_1 = (i[1] == i[3]);
      table_of[i] = (equal_0 & equal_1) | (i[4] & (equal_0 | equal_1));
      table_of[32+i] = equal_0 ^ equal_1 ^ i[4];
    end
  endfunction

  dual_lut #(.Init(table_of()), .Xilinx(Xilinx)) u_lut (
    .in_i({bit_i, b_i, a_i}), .low_o(carry_o), .high_o(sum_o)
  );

endmodule
