// SPDX-License-Identifier: BSD-3-Clause
// Fork: every word goes to each of Copies consumers exactly once.
//
// The output streams lie side by side in the ports, the first in the lowest bits. A consumer takes
// the word as soon as it likes; the next word comes when all have taken this one, in the same
// cycle if need be: no gaps. ready_o depends on ready_i. Synchronous reset, active low.

module stream_fork #(
  parameter int unsigned Width = 8,
  parameter int unsigned Copies = 2
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic [Width-1:0]        data_i,
  input  logic                    valid_i,
  output logic                    ready_o,
  output logic [Copies*Width-1:0] data_o,
  output logic [Copies-1:0]       valid_o,
  input  logic [Copies-1:0]       ready_i
);

  logic [Width-1:0] data_q;
  logic [Copies-1:0] due_q, waiting;  // consumers that have not taken the word

  assign waiting = due_q & ~ready_i;
  assign ready_o = (waiting == '0);
  assign data_o = {Copies{data_q}};
  assign valid_o = due_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) due_q <= '0;
    else if (ready_o) due_q <= {Copies{valid_i}};
    else due_q <= waiting;
  end

  always_ff @(posedge clk_i) begin
    if (ready_o) data_q <= data_i;
  end

endmodule
