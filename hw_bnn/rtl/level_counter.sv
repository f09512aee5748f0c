// SPDX-License-Identifier: BSD-3-Clause
// Number of thresholds that a sum reaches, Parallel of them in each step:
//
//   level = number of s with sum >= threshold[s], unsigned
//
// first_i marks the first step of a sum, step_i every step; sum_i must hold through all steps.
// level_o is complete one cycle after the last step.

module level_counter #(
  parameter int unsigned SumWidth = 8,
  parameter int unsigned ThresholdWidth = 8,
  parameter int unsigned Parallel = 1,
  parameter int unsigned LevelWidth = 2
) (
  input  logic                               clk_i,
  input  logic                               en_i,
  input  logic                               step_i,
  input  logic                               first_i,
  input  logic [SumWidth-1:0]                sum_i,
  input  logic [Parallel*ThresholdWidth-1:0] thresholds_i,
  output logic [LevelWidth-1:0]              level_o
);

  logic [LevelWidth-1:0] level_q, reached;

  always_comb begin
    reached = '0;
    for (int i = 0; i < int'(Parallel); i++) begin
      reached = reached
          + LevelWidth'(ThresholdWidth'(sum_i) >= thresholds_i[i*ThresholdWidth +: ThresholdWidth]);
    end
  end

  always_ff @(posedge clk_i) begin
    if (en_i && step_i) level_q <= (first_i ? '0 : level_q) + reached;
  end

  assign level_o = level_q;

endmodule
