// SPDX-License-Identifier: BSD-3-Clause
// Broken on purpose: takes three beats, then none.
module bench (
  input  logic ap_clk, input logic ap_rst_n,
  input  logic [7:0] in0_V_TDATA, input logic in0_V_TVALID, output logic in0_V_TREADY,
  output logic [7:0] out0_V_TDATA, output logic out0_V_TVALID, input logic out0_V_TREADY
);
  logic [1:0] count_q;
  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) count_q <= '0;
    else if (in0_V_TVALID && in0_V_TREADY) count_q <= count_q + 1'b1;
  end
  assign in0_V_TREADY = out0_V_TREADY && (count_q != 2'd3);
  assign out0_V_TDATA = in0_V_TDATA;
  assign out0_V_TVALID = in0_V_TVALID && (count_q != 2'd3);
endmodule
