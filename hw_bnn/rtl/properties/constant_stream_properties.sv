// SPDX-License-Identifier: BSD-3-Clause
// A constant layer as a stream unit, as generated (see generated.py): a queue of results, one for
// each input, Stages + 1 cycles later at the earliest; see queue_check. Every bit of a result is
// what the definition says: whether the input agrees with the weights in as many places as the
// threshold asks for. It never locks up, and leaves nothing inside; see progress_check.

module constant_stream_properties #(
  parameter int unsigned Stages = 0
) (
  input logic clk_i
);

  localparam int unsigned Inputs = 3;
  localparam int unsigned Outputs = 2;

  (* anyseq *) logic [Inputs-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [Outputs-1:0] data_o, expected;
  logic [7:0] held;
  logic rst_ni, started, ready_o, valid_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  if (Stages == 0) begin : gen_at_once
    constant_stream_at_once dut (.*);
  end else begin : gen_staged
    constant_stream dut (.*);
  end

  // The definition.
  logic [Inputs-1:0] weights [0:Outputs-1];
  logic [1:0] thresholds [0:Outputs-1];
  logic [Inputs-1:0] agrees;
  assign weights[0] = 3'b011;
  assign weights[1] = 3'b110;
  assign thresholds[0] = 2;
  assign thresholds[1] = 3;
  always_comb begin
    for (int h = 0; h < Outputs; h++) begin
      agrees = data_i ~^ weights[h];
      expected[h] = 2'(agrees[0]) + 2'(agrees[1]) + 2'(agrees[2]) >= thresholds[h];
    end
  end

  queue_check #(.Width(Outputs), .Capacity(Stages + 2)) u_queue (
    .clk_i, .rst_ni, .started_i(started),
    .in_data_i(expected), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i), .held_o(held)
  );

  // A result leaves without a further input.
  progress_check #(.Silent(Stages + 1), .Still(Stages + 1)) u_progress (
    .clk_i, .rst_ni, .started_i(started), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .owes_i(held != 0), .out_valid_i(valid_o), .out_ready_i(ready_i)
  );

  always_comb cover (started && rst_ni && !ready_o && held == Stages + 2);

endmodule
