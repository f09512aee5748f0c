// SPDX-License-Identifier: BSD-3-Clause
// stream_window: windows, one position per word; see window_check. FORMAL gives it a ring no longer
// than needed (MinBits = 1, as built 5), so that it is full and goes round within a few cycles.

module stream_window_properties #(
  parameter int unsigned Width = 2,
  parameter int unsigned Folds = 1,
  parameter int unsigned ImageH = 2,
  parameter int unsigned ImageW = 3,
  parameter int unsigned KernelH = 2,
  parameter int unsigned KernelW = 2,
  parameter int unsigned StrideH = 1,
  parameter int unsigned StrideW = 1,
  parameter int unsigned PadTop = 0,
  parameter int unsigned PadLeft = 0,
  parameter int unsigned PadBottom = 0,
  parameter int unsigned PadRight = 0,
  parameter              PadFile = "pad.mem"
) (
  input logic clk_i
);

  localparam int unsigned Taps = 1;

  (* anyseq *) logic [Width-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [Taps*Width-1:0] data_o;
  logic rst_ni, started, ready_o, valid_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  stream_window #(
    .Width(Width), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW), .KernelH(KernelH),
    .KernelW(KernelW), .StrideH(StrideH), .StrideW(StrideW), .PadTop(PadTop), .PadLeft(PadLeft),
    .PadBottom(PadBottom), .PadRight(PadRight), .PadFile(PadFile)
  ) dut (.*);

  window_check #(
    .Width(Width), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW), .KernelH(KernelH),
    .KernelW(KernelW), .StrideH(StrideH), .StrideW(StrideW), .PadTop(PadTop), .PadLeft(PadLeft),
    .PadBottom(PadBottom), .PadRight(PadRight), .PadFile(PadFile), .Taps(Taps), .Lag(1)
  ) u_check (
    .clk_i, .rst_ni, .started_i(started), .in_data_i(data_i), .in_valid_i(valid_i),
    .in_ready_i(ready_o), .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i)
  );

endmodule
