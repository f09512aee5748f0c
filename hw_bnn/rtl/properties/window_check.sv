// SPDX-License-Identifier: BSD-3-Clause
// What a unit owes that turns a stream of images into the windows of a convolution. An output word
// holds Taps positions of a window, the first in the lowest bits; where the channels of a position
// come in Folds parts, the same part of all of them, one word for each part.
//
//   value: every position of every word of every window, picked at will, is the word of the image,
//          or of the frame around it, that the definition of a window names; in a frame that is
//          picked at will, too. Words leave window by window, row by row, and no others
//   hold:  once out_valid is high, it and the data stay until out_ready
//   pace:  see progress_check: without a move no longer than its frame and Lag cycles take, without
//          an output no longer than an image in its frame and Lag cycles

module window_check #(
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
  parameter              PadFile = "pad.mem",
  parameter int unsigned Taps = 1,
  parameter int unsigned Lag = 0
) (
  input logic                  clk_i,
  input logic                  rst_ni,
  input logic                  started_i,
  input logic [Width-1:0]      in_data_i,
  input logic                  in_valid_i,
  input logic                  in_ready_i,
  input logic [Taps*Width-1:0] out_data_i,
  input logic                  out_valid_i,
  input logic                  out_ready_i
);

  localparam int unsigned Columns = (ImageW + PadLeft + PadRight - KernelW) / StrideW + 1;
  localparam int unsigned Rows = (ImageH + PadTop + PadBottom - KernelH) / StrideH + 1;
  localparam int unsigned Groups = KernelH * KernelW / Taps;

  // The picked word: part of the tap of the window of the frame.
  (* anyconst *) logic [3:0] part, tap_row, tap_column, window_row, window_column, frame;
  always_comb assume (part < Folds && tap_row < KernelH && tap_column < KernelW
                      && window_row < Rows && window_column < Columns);

  // Where it leaves.
  logic [7:0] tap, group, lane;
  assign tap = tap_row * KernelW + tap_column;
  assign group = tap / Taps;
  assign lane = tap % Taps;

  logic [Width-1:0] pad_words [0:Folds-1];
  initial $readmemh(PadFile, pad_words);

  // Where it comes from; in front of the image the differences are huge.
  logic [3:0] source_row, source_column;
  logic inside;
  assign source_row = window_row * StrideH + tap_row - PadTop;
  assign source_column = window_column * StrideW + tap_column - PadLeft;
  assign inside = source_row < ImageH && source_column < ImageW;

  // The positions of the words that come in and go out next.
  logic [3:0] in_fold_q, in_column_q, in_row_q, in_frame_q;
  logic [3:0] fold_q, group_q, column_q, row_q, frame_q;
  logic [Width-1:0] word_q;
  logic known_q, arrives, leaves;
  assign arrives = in_frame_q == frame && in_row_q == source_row && in_column_q == source_column
                && in_fold_q == part;
  assign leaves = out_valid_i && frame_q == frame && row_q == window_row
               && column_q == window_column && group_q == group && fold_q == part;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {in_fold_q, in_column_q, in_row_q, in_frame_q} <= '0;
      {fold_q, group_q, column_q, row_q, frame_q} <= '0;
      known_q <= 1'b0;
    end else begin
      if (in_valid_i && in_ready_i) begin
        if (arrives) begin
          word_q <= in_data_i;
          known_q <= 1'b1;
        end
        in_fold_q <= in_fold_q + 1'b1;
        if (in_fold_q == Folds - 1) begin
          in_fold_q <= '0;
          in_column_q <= in_column_q + 1'b1;
          if (in_column_q == ImageW - 1) begin
            in_column_q <= '0;
            in_row_q <= in_row_q + 1'b1;
            if (in_row_q == ImageH - 1) begin
              in_row_q <= '0;
              in_frame_q <= in_frame_q + 1'b1;
            end
          end
        end
      end
      if (out_valid_i && out_ready_i) begin
        fold_q <= fold_q + 1'b1;
        if (fold_q == Folds - 1) begin
          fold_q <= '0;
          group_q <= group_q + 1'b1;
          if (group_q == Groups - 1) begin
            group_q <= '0;
            column_q <= column_q + 1'b1;
            if (column_q == Columns - 1) begin
              column_q <= '0;
              row_q <= row_q + 1'b1;
              if (row_q == Rows - 1) begin
                row_q <= '0;
                frame_q <= frame_q + 1'b1;
              end
            end
          end
        end
      end
    end
  end

  always_comb begin
    if (started_i && rst_ni && leaves) begin
      if (inside) assert (known_q && out_data_i[lane*Width +: Width] == word_q);
      else assert (out_data_i[lane*Width +: Width] == pad_words[part]);
    end
    cover (started_i && leaves && frame == 1);
  end

  always_ff @(posedge clk_i) begin
    if (started_i && rst_ni && $past(started_i && rst_ni && out_valid_i && !out_ready_i)) begin
      assert (out_valid_i);
      assert ($stable(out_data_i));
    end
  end

  // The frame around an image goes in by itself, and the image's windows need no further word. They
  // may all have left before the image's last rows, which no window reaches.
  logic [3:0] images;  // complete ones inside, or -1
  assign images = in_frame_q - frame_q;
  localparam int unsigned FramedWords =
      (ImageH + PadTop + PadBottom) * (ImageW + PadLeft + PadRight) * Folds;
  progress_check #(
    .Still(FramedWords - ImageH * ImageW * Folds + Lag), .Silent(FramedWords + Lag)
  ) u_progress (.owes_i(images != 0 && !images[3]), .*);

endmodule
