// SPDX-License-Identifier: BSD-3-Clause
// Broken on purpose: gives one more beat, 500 cycles after the last input beat.
module bench (
  input  logic ap_clk, input logic ap_rst_n,
  input  logic [7:0] in0_V_TDATA, input logic in0_V_TVALID, output logic in0_V_TREADY,
  output logic [7:0] out0_V_TDATA, output logic out0_V_TVALID, input logic out0_V_TREADY
);
  logic [9:0] wait_q;
  logic extra;
  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) wait_q <= '0;
    else if (in0_V_TVALID) wait_q <= 10'd1;
    else if (extra && out0_V_TREADY) wait_q <= '0;
    else if (wait_q != '0 && !extra) wait_q <= wait_q + 1'b1;
  end
  assign extra = (wait_q == 10'd500);
  assign in0_V_TREADY = out0_V_TREADY;
  assign out0_V_TDATA = in0_V_TDATA;
  assign out0_V_TVALID = in0_V_TVALID || extra;
endmodule
