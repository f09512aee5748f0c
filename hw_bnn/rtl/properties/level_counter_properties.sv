// SPDX-License-Identifier: BSD-3-Clause
// level_counter gives the number of thresholds that the sum reaches, over all steps since the first
// one, and holds it while nothing steps.

module level_counter_properties #(
  parameter int unsigned SumWidth = 3,
  parameter int unsigned ThresholdWidth = 4,
  parameter int unsigned Parallel = 2,
  parameter int unsigned LevelWidth = 3
) (
  input logic clk_i
);

  (* anyseq *) logic en_i, step_i, first_i;
  (* anyseq *) logic [SumWidth-1:0] sum_i;
  (* anyseq *) logic [Parallel*ThresholdWidth-1:0] thresholds_i;
  logic [LevelWidth-1:0] level_o;

  level_counter #(
    .SumWidth(SumWidth), .ThresholdWidth(ThresholdWidth), .Parallel(Parallel),
    .LevelWidth(LevelWidth)
  ) dut (.*);

  // An independent count: one threshold is reached exactly if the sum does not lie below it.
  logic [LevelWidth-1:0] level_q, below;
  logic first_q = 1'b0;  // a first step has been
  always_comb begin
    below = '0;
    for (int i = 0; i < Parallel; i++) begin
      if (sum_i < thresholds_i[i*ThresholdWidth +: ThresholdWidth]) below = below + 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (en_i && step_i && first_i) first_q <= 1'b1;
    if (en_i && step_i) level_q <= (first_i ? '0 : level_q) + Parallel - below;
  end

  always_comb begin
    if (first_q) assert (level_o == level_q);
    cover (first_q && level_o == 2 * Parallel);
  end

endmodule
