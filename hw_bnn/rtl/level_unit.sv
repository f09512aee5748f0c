// SPDX-License-Identifier: BSD-3-Clause
// Several thresholds per channel: turns Pe sums into levels while the next sums are being made.
//
// next_i announces sums one cycle ahead; they hold for Cycles cycles or more of en_i, and are
// compared with Parallel = ceil(Thresholds/Cycles) thresholds at a time, Steps = ceil(Thresholds/
// Parallel) <= Cycles times. Levels are valid Steps cycles after the sums, for one cycle of en_i.
// Threshold words (File, see xnor_mvau.sv) are read in order, Steps for each of Vectors groups.
// Synchronous reset, active low.

module level_unit #(
  parameter int unsigned Pe = 8,
  parameter int unsigned SumWidth = 8,
  parameter int unsigned ThresholdWidth = 8,
  parameter int unsigned Thresholds = 3,
  parameter int unsigned Cycles = 8,
  parameter int unsigned Vectors = 8,
  parameter              File = "",
  localparam int unsigned LevelWidth = $clog2(Thresholds + 1)
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic                     en_i,
  input  logic                     next_i,
  input  logic [Pe*SumWidth-1:0]   sums_i,
  output logic [Pe*LevelWidth-1:0] levels_o,
  output logic                     valid_o
);

  localparam int unsigned Parallel = (Thresholds + Cycles - 1) / Cycles;
  localparam int unsigned Steps = (Thresholds + Parallel - 1) / Parallel;
  localparam int unsigned Words = Vectors * Steps;
  localparam int unsigned StepBits = (Steps > 1) ? $clog2(Steps) : 1;
  localparam int unsigned AddressBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned Fields = Parallel * ThresholdWidth;

  logic read, running_q, last_read, unused_last;
  logic compare_q, compare_first_q, compare_last_q, valid_q;
  logic [StepBits-1:0] step;
  logic [AddressBits-1:0] address;
  logic [Pe*Fields-1:0] thresholds;

  assign read = next_i || running_q;
  assign valid_o = valid_q;

  fold_counter #(.Count(Steps)) u_step (
    .clk_i, .rst_ni, .step_i(en_i && read), .value_o(step), .last_o(last_read)
  );
  fold_counter #(.Count(Words)) u_address (
    .clk_i, .rst_ni, .step_i(en_i && read), .value_o(address), .last_o(unused_last)
  );
  constant_memory #(.Depth(Words), .Width(Pe * Fields), .File(File)) u_thresholds (
    .clk_i, .en_i, .address_i(address), .data_o(thresholds)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      running_q <= 1'b0;
      compare_q <= 1'b0;
      valid_q <= 1'b0;
    end else if (en_i) begin
      running_q <= read && !last_read;
      compare_q <= read;
      valid_q <= compare_q && compare_last_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (en_i) begin
      compare_first_q <= (step == '0);
      compare_last_q <= last_read;
    end
  end

  for (genvar p = 0; p < Pe; p++) begin : gen_pe
    level_counter #(
      .SumWidth(SumWidth), .ThresholdWidth(ThresholdWidth), .Parallel(Parallel),
      .LevelWidth(LevelWidth)
    ) u_level (
      .clk_i, .en_i, .step_i(compare_q), .first_i(compare_first_q),
      .sum_i(sums_i[p*SumWidth +: SumWidth]), .thresholds_i(thresholds[p*Fields +: Fields]),
      .level_o(levels_o[p*LevelWidth +: LevelWidth])
    );
  end

endmodule
