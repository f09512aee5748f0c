// SPDX-License-Identifier: BSD-3-Clause
// Reset of a proof: low in the first cycle, free afterwards.

module formal_reset (
  input  logic clk_i,
  output logic rst_no,
  output logic started_o  // a reset has taken effect
);

  (* anyseq *) logic any;
  logic started_q = 1'b0;

  assign rst_no = started_q && any;
  assign started_o = started_q;
  always_ff @(posedge clk_i) started_q <= 1'b1;

endmodule
