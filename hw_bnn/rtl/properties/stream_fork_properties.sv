// SPDX-License-Identifier: BSD-3-Clause
// stream_fork is a queue of one word for each consumer; it takes a word exactly when every consumer
// has taken the last one or takes it now.

module stream_fork_properties #(
  parameter int unsigned Width = 2,
  parameter int unsigned Copies = 2
) (
  input logic clk_i
);

  (* anyseq *) logic [Width-1:0] data_i;
  (* anyseq *) logic valid_i;
  (* anyseq *) logic [Copies-1:0] ready_i;
  logic [Copies*Width-1:0] data_o;
  logic [Copies-1:0] valid_o, free;
  logic rst_ni, started, ready_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  stream_fork #(.Width(Width), .Copies(Copies)) dut (.*);

  for (genvar c = 0; c < Copies; c++) begin : gen_copy
    logic [Width-1:0] value;
    logic [7:0] held, ahead;
    logic picked;
    queue_check #(.Width(Width), .Capacity(1)) u_queue (
      .clk_i, .rst_ni, .started_i(started),
      .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_i(ready_o),
      .out_data_i(data_o[c*Width +: Width]), .out_valid_i(valid_o[c]), .out_ready_i(ready_i[c]),
      .held_o(held), .picked_o(picked), .ahead_o(ahead), .value_o(value)
    );
    assign free[c] = (held == 0) || ready_i[c];
    always_comb begin
      if (started) begin
        assert (valid_o[c] == (held > 0));
        if (picked) assert (data_o[c*Width +: Width] == value);
      end
      cover (started && valid_o[c] && !free[c] && &(free | Copies'(1 << c)));  // only it
    end
  end

  always_comb if (started) assert (ready_o == &free);

endmodule
