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

  // Whether what follows a row, or a column, belongs to the image.
  function automatic logic [2**RowBits-1:0] next_rows();
    for (int unsigned i = 0; i < 2**RowBits; i++) begin
      next_rows[i] = ((i + 1) % Rows + 1 > PadTop) && ((i + 1) % Rows < PadTop + ImageH);
    end
  endfunction
  function automatic logic [2**ColumnBits-1:0] next_columns();
    for (int unsigned i = 0; i < 2**ColumnBits; i++) begin
      next_columns[i] = ((i + 1) % Columns + 1 > PadLeft) && ((i + 1) % Columns < PadLeft + ImageW);
    end
  endfunction
  localparam logic [2**RowBits-1:0] NextRows = next_rows();
  localparam logic [2**ColumnBits-1:0] NextColumns = next_columns();

  logic last_fold, last_column, last_row, start_q, in_row_q, in_column_q;

  fold_counter #(.Count(Folds)) u_fold (
    .clk_i, .rst_ni, .step_i, .value_o(fold_o), .last_o(last_fold)
  );
  fold_counter #(.Count(Columns)) u_column (
    .clk_i, .rst_ni, .step_i(step_i && last_fold), .value_o(column_o), .last_o(last_column)
  );
  fold_counter #(.Count(Rows)) u_row (
    .clk_i, .rst_ni, .step_i(step_i && last_fold && last_column), .value_o(row_o),
    .last_o(last_row)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      start_q <= 1'b1;
      in_row_q <= (PadTop == 0);
      in_column_q <= (PadLeft == 0);
    end else if (step_i) begin
      start_q <= last_fold && last_column && last_row;
      if (last_fold) in_column_q <= NextColumns[column_o];
      if (last_fold && last_column) in_row_q <= NextRows[row_o];
    end
  end
  assign start_o = start_q;

  assign inside_o = in_row_q && in_column_q;

  logic [Width-1:0] words [0:Folds-1];
  if (PadFile != "") begin : gen_file
    initial $readmemh(PadFile, words);
  end else begin : gen_zero
    initial for (int i = 0; i < Folds; i++) words[i] = '0;
  end
  assign pad_word_o = words[fold_o];

endmodule
