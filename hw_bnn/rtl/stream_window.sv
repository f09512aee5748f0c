// SPDX-License-Identifier: BSD-3-Clause
// Sliding window: an image in, position by position, and the windows of a convolution out.
//
// A word holds Width bits: the channels of one position, or one of Folds parts of them. Input
// words come row by row, the parts of a position behind each other. The image is framed by PadTop,
// PadLeft, PadBottom and PadRight positions with the words of PadFile ($readmemh, Folds words; zero
// without a file). For every window, row by row, its KernelH * KernelW positions leave in the same
// order. Rows and columns that no window reaches are dropped.
//
// The framed image lies in a ring of 2**AddressBits words, which holds the rows of a window and
// the StrideH - 1 next ones: while windows leave, the words of the next ones come in, also those
// of the next image. Pointers have one more bit than addresses. Three of them follow each other:
// the first word of the current window (behind it the ring is free), the word that is read, the
// word that is written next. One word a cycle leaves if it has been written in the cycle before or
// earlier; it appears one cycle later. ready_o depends on registers only. Synchronous reset,
// active low.

module stream_window #(
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
  parameter              PadFile = ""
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

  localparam int unsigned Rows = ImageH + PadTop + PadBottom;
  localparam int unsigned Columns = ImageW + PadLeft + PadRight;
  localparam int unsigned OutRows = (Rows - KernelH) / StrideH + 1;
  localparam int unsigned OutColumns = (Columns - KernelW) / StrideW + 1;

  // Words of a window, from its first to its last, and of what follows before the next row's.
  localparam int unsigned Span =
      ((KernelH + StrideH - 2) * Columns + KernelW + StrideW - 1) * Folds;
  localparam int unsigned KernelWords = KernelW * Folds;  // of a row of a window
  localparam int unsigned WordBits = (KernelWords > 1) ? $clog2(KernelWords) : 1;
  localparam int unsigned KernelBits = (KernelH > 1) ? $clog2(KernelH) : 1;
  localparam int unsigned ColumnBits = (OutColumns > 1) ? $clog2(OutColumns) : 1;
  localparam int unsigned RowBits = (OutRows > 1) ? $clog2(OutRows) : 1;
`ifdef FORMAL
  localparam int unsigned MinBits = 1;  // a small ring, which a proof sees full
`else
  localparam int unsigned MinBits = 5;  // what distributed RAM holds anyway
`endif
  localparam int unsigned AddressBits = ($clog2(Span) < MinBits) ? MinBits : $clog2(Span);

  typedef logic [AddressBits:0] pointer_t;

  // From a window to the next one in its row, in the next row, and in the next image.
  localparam pointer_t ColumnStep = pointer_t'(StrideW * Folds);
  localparam pointer_t RowStep =
      pointer_t'((StrideH * Columns - (OutColumns - 1) * StrideW) * Folds);
  localparam pointer_t ImageStep = pointer_t'(
      ((Rows - (OutRows - 1) * StrideH) * Columns - (OutColumns - 1) * StrideW) * Folds);
  // From the last word of a kernel's row to the first one of the next row.
  localparam pointer_t KernelStep = pointer_t'((Columns - KernelW) * Folds + 1);

  logic [Width-1:0] memory [0:2**AddressBits-1];
  pointer_t window_q, following, next_window, read_d, read_q, write_q, limit;

  // Input.
  logic full_q, fills, write, start, in_image, moves;
  logic [Width-1:0] pad_word, word;
  logic [((Folds > 1) ? $clog2(Folds) : 1)-1:0] unused_in_fold;
  logic [((Columns > 1) ? $clog2(Columns) : 1)-1:0] unused_in_column;
  logic [((Rows > 1) ? $clog2(Rows) : 1)-1:0] unused_in_row;

  frame_counter #(
    .Width(Width), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW), .PadTop(PadTop),
    .PadLeft(PadLeft), .PadBottom(PadBottom), .PadRight(PadRight), .PadFile(PadFile)
  ) u_frame (
    .clk_i, .rst_ni, .step_i(write), .fold_o(unused_in_fold), .column_o(unused_in_column),
    .row_o(unused_in_row), .start_o(start), .inside_o(in_image), .pad_word_o(pad_word)
  );

  // An image's frame waits for the image, so that nothing leaves before something came in.
  assign write = (valid_i || !(in_image || start)) && !full_q;
  assign ready_o = in_image && !full_q;
  assign word = in_image ? data_i : pad_word;

  // The word that fills the ring is written if write_q + 1 == limit, or limit + ~write_q == 0. Two
  // numbers cancel each other if their XOR is their OR, moved up by a bit: no carry runs through.
  // There is room again as soon as the current window moves on.
  assign limit = window_q ^ {1'b1, AddressBits'(0)};
  assign fills = (limit ^ ~write_q) == ((limit | ~write_q) << 1);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_q <= '0;
      full_q <= 1'b0;
    end else begin
      if (write) write_q <= write_q + 1'b1;
      if (moves) full_q <= 1'b0;
      else if (write) full_q <= fills;
    end
  end

  always_ff @(posedge clk_i) begin
    if (write) memory[write_q[AddressBits-1:0]] <= word;
  end

  // Output.
  logic step, valid_q, last_word_q, last_kernel_row, last_of_window, last_column, last_row;
  logic [Width-1:0] data_q;
  pointer_t distance;

  // How many words have been written beyond the one to be read; negative if it is not there yet.
  assign distance = write_q + ~read_q;
  assign step = !distance[AddressBits] && (!valid_q || ready_i);
  assign last_of_window = last_word_q && last_kernel_row;
  assign moves = step && last_of_window;

  logic unused_last_word;
  logic [WordBits-1:0] word_in_row;
  logic [KernelBits-1:0] unused_kernel_row;
  logic [ColumnBits-1:0] unused_column;
  logic [RowBits-1:0] unused_row;
  fold_counter #(.Count(KernelWords)) u_word (
    .clk_i, .rst_ni, .step_i(step), .value_o(word_in_row), .last_o(unused_last_word)
  );
  fold_counter #(.Count(KernelH)) u_kernel_row (
    .clk_i, .rst_ni, .step_i(step && last_word_q), .value_o(unused_kernel_row),
    .last_o(last_kernel_row)
  );
  fold_counter #(.Count(OutColumns)) u_column (
    .clk_i, .rst_ni, .step_i(moves), .value_o(unused_column),
    .last_o(last_column)
  );
  fold_counter #(.Count(OutRows)) u_row (
    .clk_i, .rst_ni, .step_i(moves && last_column), .value_o(unused_row),
    .last_o(last_row)
  );

  // Found a step before, as the way from here to the next address is long.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) last_word_q <= (KernelWords == 1);
    else if (step) last_word_q <= (KernelWords == 1) || (word_in_row == WordBits'(KernelWords - 2));
  end

  // Where the next window begins: with three words or more, two cycles later is early enough.
  logic row_ends, image_ends;
  assign following = window_q + (!row_ends ? ColumnStep : !image_ends ? RowStep : ImageStep);
  if (KernelH * KernelW * Folds > 2) begin : gen_ahead
    logic row_ends_q, image_ends_q;
    pointer_t following_q;
    always_ff @(posedge clk_i) begin
      row_ends_q <= last_column;
      image_ends_q <= last_row;
      following_q <= following;
    end
    assign row_ends = row_ends_q;
    assign image_ends = image_ends_q;
    assign next_window = following_q;
  end else begin : gen_at_once
    assign row_ends = last_column;
    assign image_ends = last_row;
    assign next_window = following;
  end
  assign read_d =
      last_of_window ? next_window : read_q + (last_word_q ? KernelStep : pointer_t'(1));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_q <= '0;
      window_q <= '0;
      valid_q <= 1'b0;
    end else begin
      if (step) read_q <= read_d;
      if (moves) window_q <= next_window;
      if (step) valid_q <= 1'b1;
      else if (ready_i) valid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (step) data_q <= memory[read_q[AddressBits-1:0]];
  end

  assign data_o = data_q;
  assign valid_o = valid_q;

endmodule
