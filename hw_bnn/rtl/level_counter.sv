// SPDX-License-Identifier: BSD-3-Clause
// Number of thresholds that a sum reaches, Parallel of them in each step:
//
//   level = number of s with sum >= threshold[s], unsigned
//
// first_i marks the first step of a sum, step_i every step; sum_i must hold through all steps.
// level_o is complete one cycle after the last step, and holds until the next. The comparisons are
// registered, and added behind the register.

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

  logic [Parallel-1:0] reached_d, reached_q;
  logic [LevelWidth-1:0] count, level_d, level_q;
  logic first_q;

  for (genvar i = 0; i < Parallel; i++) begin : gen_threshold
    assign reached_d[i] =
        ThresholdWidth'(sum_i) >= thresholds_i[i*ThresholdWidth +: ThresholdWidth];
  end

  always_comb begin
    count = '0;
    for (int i = 0; i < int'(Parallel); i++) count = count + LevelWidth'(reached_q[i]);
  end

  assign level_d = (first_q ? '0 : level_q) + count;

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      reached_q <= step_i ? reached_d : '0;
      first_q <= step_i && first_i;
      level_q <= level_d;
    end
  end

  assign level_o = level_d;

endmodule
