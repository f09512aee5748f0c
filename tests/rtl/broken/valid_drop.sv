// SPDX-License-Identifier: BSD-3-Clause
// Broken on purpose: an output beat that is not taken at once is withdrawn for a cycle.
module bench (
  input  logic ap_clk, input logic ap_rst_n,
  input  logic [7:0] in0_V_TDATA, input logic in0_V_TVALID, output logic in0_V_TREADY,
  output logic [7:0] out0_V_TDATA, output logic out0_V_TVALID, input logic out0_V_TREADY
);
  logic refused_q;
  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) refused_q <= 1'b0;
    else refused_q <= out0_V_TVALID && !out0_V_TREADY;
  end
  assign in0_V_TREADY = out0_V_TREADY && !refused_q;
  assign out0_V_TDATA = in0_V_TDATA;
  assign out0_V_TVALID = in0_V_TVALID && !refused_q;
endmodule
