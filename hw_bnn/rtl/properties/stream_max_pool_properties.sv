// SPDX-License-Identifier: BSD-3-Clause
// stream_max_pool: see pool_check, and progress_check: windows that overlap leave while nothing
// comes in, those of a row in KernelH * KernelW cycles each.

module stream_max_pool_properties #(
  parameter int unsigned Bits = 1,
  parameter int unsigned Lanes = 1,
  parameter int unsigned Folds = 1,
  parameter int unsigned ImageH = 2,
  parameter int unsigned ImageW = 3,
  parameter int unsigned KernelH = 2,
  parameter int unsigned KernelW = 2,
  parameter int unsigned StrideH = 2,
  parameter int unsigned StrideW = 2,
  parameter int unsigned Capacity = 1,  // complete windows inside
  localparam int unsigned Width = Lanes * Bits
) (
  input logic clk_i
);

  (* anyseq *) logic [Width-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [Width-1:0] data_o;
  logic [3:0] due;
  logic rst_ni, started, ready_o, valid_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  stream_max_pool #(
    .Bits(Bits), .Lanes(Lanes), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW),
    .KernelH(KernelH), .KernelW(KernelW), .StrideH(StrideH), .StrideW(StrideW)
  ) dut (.*);

  pool_check #(
    .Bits(Bits), .Lanes(Lanes), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW),
    .KernelH(KernelH), .KernelW(KernelW), .StrideH(StrideH), .StrideW(StrideW),
    .Capacity(Capacity)
  ) u_pool (
    .clk_i, .rst_ni, .started_i(started),
    .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i), .due_o(due)
  );

  progress_check #(.Still(2), .Silent(ImageH * ImageW * Folds + 2)) u_progress (
    .clk_i, .rst_ni, .started_i(started), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .owes_i(due != 0), .out_valid_i(valid_o), .out_ready_i(ready_i)
  );

endmodule
