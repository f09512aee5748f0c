// SPDX-License-Identifier: BSD-3-Clause
// Sum of two streams, lane by lane: words of Lanes unsigned values of ABits and of BBits bits give
// words of Lanes sums, which are never cut off.
//
// The input streams lie side by side in the ports, a in the lowest bits. Words are taken together,
// one of each, when both are there; the sums leave one cycle later, without gaps. ready_o depends
// on valid_i and ready_i. Synchronous reset, active low.

module stream_add #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned ABits = 8,
  parameter int unsigned BBits = 8,
  localparam int unsigned SumBits = ((ABits > BBits) ? ABits : BBits) + 1
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,
  input  logic [Lanes*(ABits+BBits)-1:0] data_i,
  input  logic [1:0]                     valid_i,
  output logic [1:0]                     ready_o,
  output logic [Lanes*SumBits-1:0]       data_o,
  output logic                           valid_o,
  input  logic                           ready_i
);

  logic [Lanes*ABits-1:0] a;
  logic [Lanes*BBits-1:0] b;
  logic [Lanes*SumBits-1:0] sums, data_q;
  logic valid_q, take;

  assign {b, a} = data_i;

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    assign sums[i*SumBits +: SumBits] =
        SumBits'(a[i*ABits +: ABits]) + SumBits'(b[i*BBits +: BBits]);
  end

  assign take = (&valid_i) && (!valid_q || ready_i);
  assign ready_o = {2{take}};
  assign data_o = data_q;
  assign valid_o = valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (take) valid_q <= 1'b1;
    else if (ready_i) valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (take) data_q <= sums;
  end

endmodule
