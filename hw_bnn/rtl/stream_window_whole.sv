// SPDX-License-Identifier: BSD-3-Clause
// Sliding window: an image in, position by position, and whole windows of a convolution out.
//
// A word that comes holds Width bits: the channels of one position, or one of Folds parts of them.
// Words come row by row, the parts of a position behind each other, and the image is framed as in
// stream_window. Windows leave row by row, Folds words each: a word holds the same part of all
// KernelH * KernelW positions, row by row, the first in the lowest bits.
//
// A word comes in every cycle. The rows above lie in a memory with a word for each column; the
// window is a shift register behind it, and waits while it is complete and not taken. It appears
// one cycle after its last word. ready_o depends on ready_i. Synchronous reset, active low.

module stream_window_whole #(
  parameter int unsigned Width = 8,
  parameter int unsigned Folds = 1,
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
  parameter              PadFile = "",
  localparam int unsigned OutWidth = KernelH * KernelW * Width
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic [Width-1:0]    data_i,
  input  logic                valid_i,
  output logic                ready_o,
  output logic [OutWidth-1:0] data_o,
  output logic                valid_o,
  input  logic                ready_i
);

  localparam int unsigned Rows = ImageH + PadTop + PadBottom;
  localparam int unsigned Columns = ImageW + PadLeft + PadRight;
  localparam int unsigned FoldBits = (Folds > 1) ? $clog2(Folds) : 1;
  localparam int unsigned ColumnBits = (Columns > 1) ? $clog2(Columns) : 1;
  localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1;

  // The columns in which a window ends, and the rows.
  function automatic logic [2**ColumnBits-1:0] last_columns();
    for (int unsigned i = 0; i < 2**ColumnBits; i++) begin
      last_columns[i] = (i + 1 >= KernelW) && ((i + 1 - KernelW) % StrideW == 0);
    end
  endfunction
  function automatic logic [2**RowBits-1:0] last_rows();
    for (int unsigned i = 0; i < 2**RowBits; i++) begin
      last_rows[i] = (i + 1 >= KernelH) && ((i + 1 - KernelH) % StrideH == 0);
    end
  endfunction
  localparam logic [2**ColumnBits-1:0] LastColumns = last_columns();
  localparam logic [2**RowBits-1:0] LastRows = last_rows();

  logic step, start, in_image, valid_q;
  logic [FoldBits-1:0] fold, unused_fold;
  logic [ColumnBits-1:0] column;
  logic [RowBits-1:0] row;
  logic [Width-1:0] pad_word, word;

  frame_counter #(
    .Width(Width), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW), .PadTop(PadTop),
    .PadLeft(PadLeft), .PadBottom(PadBottom), .PadRight(PadRight), .PadFile(PadFile)
  ) u_frame (
    .clk_i, .rst_ni, .step_i(step), .fold_o(fold), .column_o(column), .row_o(row),
    .start_o(start), .inside_o(in_image), .pad_word_o(pad_word)
  );

  // An image's frame waits for the image, so that nothing leaves before something came in.
  assign step = (valid_i || !(in_image || start)) && (!valid_q || ready_i);
  assign ready_o = in_image && (!valid_q || ready_i);
  assign word = in_image ? data_i : pad_word;
  assign valid_o = valid_q;
  assign unused_fold = fold;  // where there is no memory

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (step) valid_q <= LastColumns[column] && LastRows[row];
    else if (ready_i) valid_q <= 1'b0;
  end

  // The newest column of the window: the rows above, and the word that came.
  logic [KernelH*Width-1:0] newest_q;

  always_ff @(posedge clk_i) begin
    if (step) newest_q[(KernelH-1)*Width +: Width] <= word;
  end

  if (KernelH > 1) begin : gen_above
    localparam int unsigned Above = (KernelH - 1) * Width;

    // What the next row finds above it.
    logic [Above-1:0] below;
    assign below = newest_q[KernelH*Width-1:Width];

    if (Columns * Folds > 1) begin : gen_memory
      localparam int unsigned AddressBits = $clog2(Columns * Folds);
      logic [Above-1:0] memory [0:Columns*Folds-1];
      logic [AddressBits-1:0] address, address_q;
      assign address = AddressBits'(32'(column) * Folds + 32'(fold));
      always_ff @(posedge clk_i) begin
        if (step) begin
          address_q <= address;
          newest_q[Above-1:0] <= memory[address];
          memory[address_q] <= below;
        end
      end
    end else begin : gen_register
      always_ff @(posedge clk_i) begin
        if (step) newest_q[Above-1:0] <= below;
      end
    end
  end

  // The columns before it, the oldest in the lowest bits.
  localparam int unsigned Length = (KernelW - 1) * Folds + 1;
  for (genvar y = 0; y < KernelH; y++) begin : gen_row
    logic [Length*Width-1:0] line;
    assign line[(Length-1)*Width +: Width] = newest_q[y*Width +: Width];
    if (Length > 1) begin : gen_older
      always_ff @(posedge clk_i) begin
        if (step) line[(Length-1)*Width-1:0] <= line[Length*Width-1:Width];
      end
    end
    for (genvar x = 0; x < KernelW; x++) begin : gen_column
      assign data_o[(y*KernelW+x)*Width +: Width] = line[x*Folds*Width +: Width];
    end
  end

endmodule
