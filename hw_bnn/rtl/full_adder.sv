// SPDX-License-Identifier: BSD-3-Clause
// Full adder in one look-up table: count = number of ones among three bits. Combinational.

module full_adder #(
  parameter bit Xilinx = 1'b1
) (
  input  logic [2:0] bits_i,
  output logic [1:0] count_o
);

  function automatic logic [63:0] table_of();
    for (int i = 0; i < 32; i++) begin
      table_of[i] = (i[0] & i[1]) | (i[0] & i[2]) | (i[1] & i[2]);
      table_of[32+i] = i[0] ^ i[1] ^ i[2];
    end
  endfunction

  dual_lut #(.Init(table_of()), .Xilinx(Xilinx)) u_lut (
    .in_i({2'b00, bits_i}), .low_o(count_o[1]), .high_o(count_o[0])
  );

endmodule
