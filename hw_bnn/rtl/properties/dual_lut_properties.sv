// SPDX-License-Identifier: BSD-3-Clause
// dual_lut reads its two outputs in the halves of Init.

module dual_lut_properties #(
  parameter logic [63:0] Init = 64'h0123_4567_89ab_cdef,
  parameter bit          Xilinx = 1'b0
) (
  input logic clk_i
);

  (* anyseq *) logic [4:0] in_i;
  logic low_o, high_o;
  logic [31:0] low, high;

  dual_lut #(.Init(Init), .Xilinx(Xilinx)) dut (.*);

  assign {high, low} = Init;
  always_comb begin
    assert (low_o == low[in_i]);
    assert (high_o == high[in_i]);
    cover (low_o != high_o);
  end

endmodule
