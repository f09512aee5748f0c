// SPDX-License-Identifier: BSD-3-Clause
// ripple_sign tells whether the sum, as a number in two's complement, is negative.

module ripple_sign_properties #(
  parameter int unsigned Width = 4
) (
  input logic clk_i
);

  (* anyseq *) logic [Width-1:0] a_i, b_i;
  (* anyseq *) logic carry_i;
  logic signed [Width-1:0] sum;
  logic sign_o;

  ripple_sign #(.Width(Width)) dut (.*);

  assign sum = a_i + b_i + carry_i;
  always_comb begin
    assert (sign_o == (sum < 0));
    cover (sign_o);
  end

endmodule
