// SPDX-License-Identifier: BSD-3-Clause
// Goes through the positions of a framed image, row by row, Folds words each, and tells which of
// them belong to the image inside. Outside, pad_word_o is the word to write: one of Folds words of
// PadFile ($readmemh), or zero without a file. Synchronous reset, active low.

module frame_counter #(
  parameter int unsigned Width = 8,
  parameter int unsigned Folds = 1,
  parameter int unsigned ImageH = 8,
  parameter int unsigned ImageW = 8,
  parameter int unsigned PadTop = 1,
  parameter int unsigned PadLeft = 1,
  parameter int unsigned PadBottom = 1,
  parameter int unsigned PadRight = 1,
  parameter              PadFile = "",
  localparam int unsigned Rows = ImageH + PadTop + PadBottom,
  localparam int unsigned Columns = ImageW + PadLeft + PadRight,
  localparam int unsigned FoldBits = (Folds > 1) ? $clog2(Folds) : 1,
  localparam int unsigned ColumnBits = (Columns > 1) ? $clog2(Columns) : 1,
  localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  step_i,
  output logic [FoldBits-1:0]   fold_o,
  output logic [ColumnBits-1:0] column_o,
  output logic [RowBits-1:0]    row_o,
  output logic                  start_o,    // the first word of all
  output logic                  inside_o,
  output logic [Width-1:0]      pad_word_o
);

  // The rows and columns that belong to the image; what cannot be counted to does, too.
  function automatic logic [2**RowBits-1:0] image_rows();
    for (int unsigned i = 0; i < 2**RowBits; i++) begin
      image_rows[i] = (i + 1 > PadTop) && (i < PadTop + ImageH || i >= Rows);
    end
  endfunction
  function automatic logic [2**ColumnBits-1:0] image_columns();
    for (int unsigned i = 0; i < 2**ColumnBits; i++) begin
      image_columns[i] = (i + 1 > PadLeft) && (i < PadLeft + ImageW || i >= Columns);
    end
  endfunction
  localparam logic [2**RowBits-1:0] ImageRows = image_rows();
  localparam logic [2**ColumnBits-1:0] ImageColumns = image_columns();

  logic last_fold, last_column, unused_last;

  fold_counter #(.Count(Folds)) u_fold (
    .clk_i, .rst_ni, .step_i, .value_o(fold_o), .last_o(last_fold)
  );
  fold_counter #(.Count(Columns)) u_column (
    .clk_i, .rst_ni, .step_i(step_i && last_fold), .value_o(column_o), .last_o(last_column)
  );
  fold_counter #(.Count(Rows)) u_row (
    .clk_i, .rst_ni, .step_i(step_i && last_fold && last_column), .value_o(row_o),
    .last_o(unused_last)
  );

  assign start_o = (row_o == '0) && (column_o == '0) && (fold_o == '0);

  assign inside_o = ImageRows[row_o] && ImageColumns[column_o];

  logic [Width-1:0] words [0:Folds-1];
  if (PadFile != "") begin : gen_file
    initial $readmemh(PadFile, words);
  end else begin : gen_zero
    initial for (int i = 0; i < Folds; i++) words[i] = '0;
  end
  assign pad_word_o = words[fold_o];

endmodule
