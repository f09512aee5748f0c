// SPDX-License-Identifier: BSD-3-Clause
// stream_window: every output word of a frame, picked at will, is the word of the image (or of the
// frame around it) that the definition of a window names; words leave window by window, row by row.
// A frame that is picked at will, too, is followed. The output holds until it is taken.

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

  localparam int unsigned Columns = (ImageW + PadLeft + PadRight - KernelW) / StrideW + 1;
  localparam int unsigned Rows = (ImageH + PadTop + PadBottom - KernelH) / StrideH + 1;

  (* anyseq *) logic [Width-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  // The picked word: part of the tap of the window of the frame.
  (* anyconst *) logic [3:0] part, tap_row, tap_column, window_row, window_column, frame;
  logic [Width-1:0] data_o;
  logic rst_ni, started, ready_o, valid_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));
  always_comb assume (part < Folds && tap_row < KernelH && tap_column < KernelW
                      && window_row < Rows && window_column < Columns);

  stream_window #(
    .Width(Width), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW), .KernelH(KernelH),
    .KernelW(KernelW), .StrideH(StrideH), .StrideW(StrideW), .PadTop(PadTop), .PadLeft(PadLeft),
    .PadBottom(PadBottom), .PadRight(PadRight), .PadFile(PadFile)
  ) dut (.*);

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
  logic [3:0] fold_q, tap_column_q, tap_row_q, column_q, row_q, frame_q;
  logic [Width-1:0] word_q;
  logic known_q, arrives, leaves;
  assign arrives = in_frame_q == frame && in_row_q == source_row && in_column_q == source_column
                && in_fold_q == part;
  assign leaves = valid_o && frame_q == frame && row_q == window_row && column_q == window_column
               && tap_row_q == tap_row && tap_column_q == tap_column && fold_q == part;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {in_fold_q, in_column_q, in_row_q, in_frame_q} <= '0;
      {fold_q, tap_column_q, tap_row_q, column_q, row_q, frame_q} <= '0;
      known_q <= 1'b0;
    end else begin
      if (valid_i && ready_o) begin
        if (arrives) begin
          word_q <= data_i;
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
      if (valid_o && ready_i) begin
        fold_q <= fold_q + 1'b1;
        if (fold_q == Folds - 1) begin
          fold_q <= '0;
          tap_column_q <= tap_column_q + 1'b1;
          if (tap_column_q == KernelW - 1) begin
            tap_column_q <= '0;
            tap_row_q <= tap_row_q + 1'b1;
            if (tap_row_q == KernelH - 1) begin
              tap_row_q <= '0;
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
  end

  always_comb begin
    if (started && rst_ni && leaves) begin
      if (inside) assert (known_q && data_o == word_q);
      else assert (data_o == pad_words[part]);
    end
    cover (started && leaves && frame == 1);
  end

  always_ff @(posedge clk_i) begin
    if (started && rst_ni && $past(started && rst_ni && valid_o && !ready_i)) begin
      assert (valid_o);
      assert ($stable(data_o));
    end
  end

endmodule
