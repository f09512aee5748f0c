// SPDX-License-Identifier: BSD-3-Clause
// A stream_fifo that also tells the largest number of words it ever held. For simulation: a run
// with deep gauges shows how deep each FIFO has to be. Synchronous reset, active low.

module stream_fifo_gauge #(
  parameter int unsigned Width = 64,
  parameter int unsigned Depth = 32768
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] data_i,
  input  logic             valid_i,
  output logic             ready_o,
  output logic [Width-1:0] data_o,
  output logic             valid_o,
  input  logic             ready_i,
  output logic [31:0]      max_count_o
);

  logic [31:0] count_d, count_q, max_count_q;
  logic push, pop;

  stream_fifo #(.Width(Width), .Depth(Depth)) u_fifo (
    .clk_i, .rst_ni, .data_i, .valid_i, .ready_o, .data_o, .valid_o, .ready_i
  );

  assign push = valid_i && ready_o;
  assign pop = valid_o && ready_i;
  assign count_d = count_q + 32'(push) - 32'(pop);
  assign max_count_o = max_count_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
      max_count_q <= '0;
    end else begin
      count_q <= count_d;
      if (count_d > max_count_q) max_count_q <= count_d;
    end
  end

endmodule
