// SPDX-License-Identifier: BSD-3-Clause
// Splits every input word into Parts output words, the lowest bits first. Parts >= 2.
//
// Gives an output word in every cycle while the producer keeps up. ready_o depends on ready_i in
// the cycle of the last part. Synchronous reset, active low.

module stream_narrow #(
  parameter int unsigned OutWidth = 8,
  parameter int unsigned Parts = 4
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic [Parts*OutWidth-1:0] data_i,
  input  logic                      valid_i,
  output logic                      ready_o,
  output logic [OutWidth-1:0]       data_o,
  output logic                      valid_o,
  input  logic                      ready_i
);

  logic [Parts*OutWidth-1:0] data_q;
  logic [$clog2(Parts)-1:0] part;
  logic valid_q, last;

  fold_counter #(.Count(Parts)) u_part (
    .clk_i, .rst_ni, .step_i(valid_q && ready_i), .value_o(part), .last_o(last)
  );

  assign ready_o = !valid_q || (last && ready_i);
  assign data_o = data_q[32'(part)*OutWidth +: OutWidth];
  assign valid_o = valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (ready_o) valid_q <= valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (ready_o && valid_i) data_q <= data_i;
  end

endmodule
