// SPDX-License-Identifier: BSD-3-Clause
// Joins every Parts input words into one output word, the first in the lowest bits. Parts >= 2.
//
// Takes an input word in every cycle while the consumer keeps up. ready_o depends on registers
// only. Synchronous reset, active low.

module stream_widen #(
  parameter int unsigned InWidth = 8,
  parameter int unsigned Parts = 4
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic [InWidth-1:0]       data_i,
  input  logic                     valid_i,
  output logic                     ready_o,
  output logic [Parts*InWidth-1:0] data_o,
  output logic                     valid_o,
  input  logic                     ready_i
);

  logic [(Parts-1)*InWidth-1:0] parts_q;  // all but the last part, the newest on top
  logic [Parts*InWidth-1:0] word, data_q;
  logic [$clog2(Parts)-1:0] unused_part;
  logic valid_q, last, take;

  fold_counter #(.Count(Parts)) u_part (
    .clk_i, .rst_ni, .step_i(take), .value_o(unused_part), .last_o(last)
  );

  assign word = {data_i, parts_q};
  assign ready_o = !(last && valid_q);
  assign take = valid_i && ready_o;
  assign data_o = data_q;
  assign valid_o = valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (take && last) valid_q <= 1'b1;
    else if (ready_i) valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (take) parts_q <= word[Parts*InWidth-1:InWidth];
    if (take && last) data_q <= word;
  end

endmodule
