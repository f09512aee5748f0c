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

  localparam int unsigned InWords = ImageH * ImageW * Folds;
  localparam int unsigned Columns = (ImageW + PadLeft + PadRight - KernelW) / StrideW + 1;
  localparam int unsigned Rows = (ImageH + PadTop + PadBottom - KernelH) / StrideH + 1;
  localparam int unsigned OutWords = Rows * Columns * KernelH * KernelW * Folds;

  (* anyseq *) logic [Width-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  (* anyconst *) logic [7:0] picked, frame;
  logic [Width-1:0] data_o;
  logic rst_ni, started, ready_o, valid_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));
  always_comb assume (picked < OutWords);

  stream_window #(
    .Width(Width), .Folds(Folds), .ImageH(ImageH), .ImageW(ImageW), .KernelH(KernelH),
    .KernelW(KernelW), .StrideH(StrideH), .StrideW(StrideW), .PadTop(PadTop), .PadLeft(PadLeft),
    .PadBottom(PadBottom), .PadRight(PadRight), .PadFile(PadFile)
  ) dut (.*);

  logic [Width-1:0] pad_words [0:Folds-1];
  initial $readmemh(PadFile, pad_words);

  // Where the picked word comes from; in front of the image the differences are huge.
  logic [7:0] fold, tap, window, row, column, source;
  logic inside;
  assign fold = picked % Folds;
  assign tap = (picked / Folds) % (KernelH * KernelW);
  assign window = picked / (Folds * KernelH * KernelW);
  assign row = window / Columns * StrideH + tap / KernelW - PadTop;
  assign column = window % Columns * StrideW + tap % KernelW - PadLeft;
  assign inside = row < ImageH && column < ImageW;
  assign source = (row * ImageW + column) * Folds + fold;

  logic [7:0] in_q, out_q, in_frame_q, out_frame_q;
  logic [Width-1:0] word_q;
  logic known_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      in_q <= '0;
      out_q <= '0;
      in_frame_q <= '0;
      out_frame_q <= '0;
      known_q <= 1'b0;
    end else begin
      if (valid_i && ready_o) begin
        in_q <= (in_q == InWords - 1) ? '0 : in_q + 1'b1;
        in_frame_q <= in_frame_q + (in_q == InWords - 1);
        if (in_frame_q == frame && in_q == source) begin
          word_q <= data_i;
          known_q <= 1'b1;
        end
      end
      if (valid_o && ready_i) begin
        out_q <= (out_q == OutWords - 1) ? '0 : out_q + 1'b1;
        out_frame_q <= out_frame_q + (out_q == OutWords - 1);
      end
    end
  end

  always_comb begin
    if (started && rst_ni && valid_o && out_frame_q == frame && out_q == picked) begin
      if (inside) assert (known_q && data_o == word_q);
      else assert (data_o == pad_words[fold]);
    end
    cover (started && valid_o && out_frame_q == 1 && frame == 1 && out_q == picked);
  end

  always_ff @(posedge clk_i) begin
    if (started && rst_ni && $past(started && rst_ni && valid_o && !ready_i)) begin
      assert (valid_o);
      assert ($stable(data_o));
    end
  end

endmodule
