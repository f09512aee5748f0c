// SPDX-License-Identifier: BSD-3-Clause
// Max-pool: the largest value of each channel in every window of an image.
//
// A word holds Lanes channels of Bits bits each; the channels of a position come in Folds words,
// and so do those of the results. Positions that no window reaches are dropped.
//
// Windows that do not overlap take one input word a cycle (block_max). Overlapping ones are drawn
// apart first (stream_window): KernelH * KernelW cycles for each result. Synchronous reset, active
// low.

module stream_max_pool #(
  parameter int unsigned Bits = 1,
  parameter int unsigned Lanes = 8,
  parameter int unsigned Folds = 1,
  parameter int unsigned ImageH = 8,
  parameter int unsigned ImageW = 8,
  parameter int unsigned KernelH = 2,
  parameter int unsigned KernelW = 2,
  parameter int unsigned StrideH = 2,
  parameter int unsigned StrideW = 2,
  localparam int unsigned Width = Lanes * Bits
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] data_i,
  input  logic             valid_i,
  output logic             ready_o,
  output logic [Width-1:0] data_o,
  output logic             valid_o,
  input  logic             ready_i
);

  if (KernelH <= StrideH && KernelW <= StrideW) begin : gen_apart
    block_max #(
      .Bits(Bits), .Lanes(Lanes), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW),
      .KernelH(KernelH), .KernelW(KernelW), .StrideH(StrideH), .StrideW(StrideW)
    ) u_max (.clk_i, .rst_ni, .data_i, .valid_i, .ready_o, .data_o, .valid_o, .ready_i);
  end else begin : gen_overlap
    localparam int unsigned Taps = KernelH * KernelW;
    localparam int unsigned Windows =
        ((ImageH - KernelH) / StrideH + 1) * ((ImageW - KernelW) / StrideW + 1);
    logic [Width-1:0] data;
    logic valid, ready;
    stream_window #(
      .Width(Width), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW), .KernelH(KernelH),
      .KernelW(KernelW), .StrideH(StrideH), .StrideW(StrideW)
    ) u_window (
      .clk_i, .rst_ni, .data_i, .valid_i, .ready_o,
      .data_o(data), .valid_o(valid), .ready_i(ready)
    );
    // The positions of all windows as an image of one column.
    block_max #(
      .Bits(Bits), .Lanes(Lanes), .Folds(Folds), .ImageH(Windows * Taps), .ImageW(1),
      .KernelH(Taps), .KernelW(1), .StrideH(Taps), .StrideW(1)
    ) u_max (
      .clk_i, .rst_ni, .data_i(data), .valid_i(valid), .ready_o(ready),
      .data_o, .valid_o, .ready_i
    );
  end

endmodule
