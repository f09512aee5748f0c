// SPDX-License-Identifier: BSD-3-Clause
// A unit between two streams gets on while its consumer is ready, and a word is offered to it or it
// owes one without a further word:
//
//   moves: a word goes in or out in one of Still + 1 cycles in succession, so that it never locks up
//   gives: a word goes out in one of Silent + 1 cycles in succession, so that it swallows nothing

module progress_check #(
  parameter int unsigned Still = 0,
  parameter int unsigned Silent = 0
) (
  input logic clk_i,
  input logic rst_ni,
  input logic started_i,
  input logic in_valid_i,
  input logic in_ready_i,
  input logic owes_i,
  input logic out_valid_i,
  input logic out_ready_i
);

  // The cycles in succession without a move, and without an output.
  logic [7:0] still_q, silent_q;
  logic waits;
  assign waits = rst_ni && (in_valid_i || owes_i) && out_ready_i && !out_valid_i;

  always_ff @(posedge clk_i) begin
    still_q <= (waits && !(in_valid_i && in_ready_i)) ? still_q + 1'b1 : '0;
    silent_q <= waits ? silent_q + 1'b1 : '0;
  end

  always_comb begin
    if (started_i) begin
      assert (still_q <= Still);
      assert (silent_q <= Silent);
    end
  end

endmodule
