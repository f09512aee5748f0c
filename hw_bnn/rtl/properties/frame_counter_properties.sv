// SPDX-License-Identifier: BSD-3-Clause
// frame_counter: with p the number of steps since reset modulo the words of the framed image, part,
// column and row are those of p, start is p = 0, inside tells whether they lie in the image, and
// the pad word is that of the part.

module frame_counter_properties #(
  parameter int unsigned Width = 4,
  parameter int unsigned Folds = 2,
  parameter int unsigned ImageH = 2,
  parameter int unsigned ImageW = 1,
  parameter int unsigned PadTop = 1,
  parameter int unsigned PadLeft = 2,
  parameter int unsigned PadBottom = 0,
  parameter int unsigned PadRight = 1,
  parameter              PadFile = "pad.mem"
) (
  input logic clk_i
);

  localparam int unsigned Rows = ImageH + PadTop + PadBottom;
  localparam int unsigned Columns = ImageW + PadLeft + PadRight;
  localparam int unsigned FoldBits = (Folds > 1) ? $clog2(Folds) : 1;
  localparam int unsigned ColumnBits = (Columns > 1) ? $clog2(Columns) : 1;
  localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1;

  (* anyseq *) logic step_i;
  logic [FoldBits-1:0] fold_o;
  logic [ColumnBits-1:0] column_o;
  logic [RowBits-1:0] row_o;
  logic [Width-1:0] pad_word_o;
  logic rst_ni, started, start_o, inside_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  frame_counter #(
    .Width(Width), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW), .PadTop(PadTop),
    .PadLeft(PadLeft), .PadBottom(PadBottom), .PadRight(PadRight), .PadFile(PadFile)
  ) dut (.*);

  logic [Width-1:0] words [0:Folds-1];
  initial $readmemh(PadFile, words);

  logic [7:0] position_q, fold, column, row;
  assign fold = position_q % Folds;
  assign column = (position_q / Folds) % Columns;
  assign row = position_q / (Folds * Columns);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) position_q <= '0;
    else if (step_i) position_q <= (position_q + 1'b1) % (Rows * Columns * Folds);
  end

  // Inside: what is known of the row and of the column.
  (* hierconn *) logic \dut.in_row_q ;
  (* hierconn *) logic \dut.in_column_q ;

  logic in_row, in_column;
  assign in_row = row >= PadTop && row < PadTop + ImageH;
  assign in_column = column >= PadLeft && column < PadLeft + ImageW;

  always_comb begin
    if (started) begin
      assert (position_q < Rows * Columns * Folds);
      assert (fold_o == fold && column_o == column && row_o == row);
      assert (start_o == (position_q == 0));
      assert (inside_o == (in_row && in_column));
      assert (\dut.in_row_q == in_row && \dut.in_column_q == in_column);
      assert (pad_word_o == words[fold]);
    end
    cover (started && inside_o && row == PadTop + ImageH - 1);
  end

endmodule
