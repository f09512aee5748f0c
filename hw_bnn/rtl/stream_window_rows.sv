// SPDX-License-Identifier: BSD-3-Clause
// Sliding window: an image in, position by position, and the windows of a convolution out, one row
// of the kernel per word: KernelH words of KernelW positions for each window, the first position
// in the lowest bits.
//
// A word that comes holds the Width bits of one position; the image is framed as in stream_window,
// which draws the columns of the windows apart: KernelH positions for each column of the framed
// image. Their rows are joined by a stream_window_whole, for which a column is a position in
// KernelH parts: OutRows * Columns * KernelH cycles an image. Synchronous reset, active low.

module stream_window_rows #(
  parameter int unsigned Width = 8,
  parameter int unsigned ImageH = 8,
  parameter int unsigned ImageW = 8,
  parameter int unsigned KernelH = 3,
  parameter int unsigned KernelW = 3,
  parameter int unsigned StrideH = 1,
  parameter int unsigned StrideW = 1,
  parameter int unsigned PadTop = 0,
  parameter int unsigned PadLeft = 0,
  parameter int unsigned PadBottom = 0,
  parameter int unsigned PadRight = 0,
  parameter              PadFile = ""
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic [Width-1:0]         data_i,
  input  logic                     valid_i,
  output logic                     ready_o,
  output logic [KernelW*Width-1:0] data_o,
  output logic                     valid_o,
  input  logic                     ready_i
);

  logic [Width-1:0] data;
  logic valid, ready;

  stream_window #(
    .Width(Width), .ImageH(ImageH), .ImageW(ImageW), .KernelH(KernelH), .KernelW(1),
    .StrideH(StrideH), .PadTop(PadTop), .PadLeft(PadLeft), .PadBottom(PadBottom),
    .PadRight(PadRight), .PadFile(PadFile)
  ) u_columns (
    .clk_i, .rst_ni, .data_i, .valid_i, .ready_o,
    .data_o(data), .valid_o(valid), .ready_i(ready)
  );

  stream_window_whole #(
    .Width(Width), .Folds(KernelH), .ImageH(1), .ImageW(PadLeft + ImageW + PadRight), .KernelH(1),
    .KernelW(KernelW), .StrideW(StrideW)
  ) u_rows (
    .clk_i, .rst_ni, .data_i(data), .valid_i(valid), .ready_o(ready),
    .data_o, .valid_o, .ready_i
  );

endmodule
