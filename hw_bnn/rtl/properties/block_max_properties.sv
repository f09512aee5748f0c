// SPDX-License-Identifier: BSD-3-Clause
// block_max: windows that do not overlap; see pool_check. It stands only where a result waits.

module block_max_properties #(
  parameter int unsigned Bits = 1,
  parameter int unsigned Lanes = 1,
  parameter int unsigned Folds = 1,
  parameter int unsigned ImageH = 2,
  parameter int unsigned ImageW = 3,
  parameter int unsigned KernelH = 2,
  parameter int unsigned KernelW = 2,
  parameter int unsigned StrideH = 2,
  parameter int unsigned StrideW = 2,
  localparam int unsigned Width = Lanes * Bits
) (
  input logic clk_i
);

  (* anyseq *) logic [Width-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [Width-1:0] data_o;
  logic [Width-1:0] largest;
  logic [3:0] row, column, fold, due, block, part;
  logic rst_ni, started, ready_o, valid_o, picked, whole;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  block_max #(
    .Bits(Bits), .Lanes(Lanes), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW),
    .KernelH(KernelH), .KernelW(KernelW), .StrideH(StrideH), .StrideW(StrideW)
  ) dut (.*);

  pool_check #(
    .Bits(Bits), .Lanes(Lanes), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW),
    .KernelH(KernelH), .KernelW(KernelW), .StrideH(StrideH), .StrideW(StrideW)
  ) u_pool (
    .clk_i, .rst_ni, .started_i(started),
    .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i),
    .row_o(row), .column_o(column), .fold_o(fold), .due_o(due), .picked_o(picked),
    .whole_o(whole), .block_o(block), .part_o(part), .largest_o(largest)
  );

  // Inside: the positions, and the maximum so far of the picked window.
  localparam int unsigned BlocksH = (ImageH + StrideH - 1) / StrideH;
  localparam int unsigned BlocksW = (ImageW + StrideW - 1) / StrideW;
  localparam int unsigned RowBits = (BlocksH > 1) ? $clog2(BlocksH) : 1;
  localparam int unsigned ColumnBits = (BlocksW > 1) ? $clog2(BlocksW) : 1;
  localparam int unsigned FoldBits = (Folds > 1) ? $clog2(Folds) : 1;
  (* hierconn *) logic [RowBits-1:0] \dut.unused_row ;
  (* hierconn *) logic [ColumnBits-1:0] \dut.column ;
  (* hierconn *) logic [((StrideH > 1) ? $clog2(StrideH) : 1)-1:0] \dut.y ;
  (* hierconn *) logic [((StrideW > 1) ? $clog2(StrideW) : 1)-1:0] \dut.x ;
  (* hierconn *) logic [FoldBits-1:0] \dut.fold ;
  (* hierconn *) logic \dut.ends_rows , \dut.ends_columns ;
  (* hierconn *) logic [ColumnBits+FoldBits-1:0] \dut.formal_address ;
  (* hierconn *) logic [Width-1:0] \dut.formal_word ;
  always_comb assume (\dut.formal_address == {block[ColumnBits-1:0], part[FoldBits-1:0]});

  always_comb begin
    if (started) begin
      if (!ready_o) assert (valid_o && !ready_i);
      assert (valid_o == (due == 1));
      assert (row == \dut.unused_row * StrideH + \dut.y && \dut.y < StrideH);
      assert (column == \dut.column * StrideW + \dut.x && \dut.x < StrideW);
      assert (\dut.ends_rows == (\dut.y == KernelH - 1));
      assert (\dut.ends_columns == (\dut.x == KernelW - 1));
      assert (fold == \dut.fold );
      if (picked && !whole) assert (\dut.formal_word == largest);
    end
  end

endmodule
