// SPDX-License-Identifier: BSD-3-Clause
// A max-pool between two streams. Windows are complete in the order in which they leave.
//
//   hold:   once out_valid is high, it and the data stay until out_ready
//   no more: a result leaves after its window is complete
//   no less: at most Capacity results wait
//   order:   a window that is picked at any time leaves after exactly those that were complete
//            before it, and is its largest value in each lane
//
// The picked window is exported for invariants.

module pool_check #(
  parameter int unsigned Bits = 1,
  parameter int unsigned Lanes = 1,
  parameter int unsigned Folds = 1,
  parameter int unsigned ImageH = 2,
  parameter int unsigned ImageW = 3,
  parameter int unsigned KernelH = 2,
  parameter int unsigned KernelW = 2,
  parameter int unsigned StrideH = 2,
  parameter int unsigned StrideW = 2,
  parameter int unsigned Capacity = 1,
  localparam int unsigned Width = Lanes * Bits
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             started_i,
  input  logic [Width-1:0] in_data_i,
  input  logic             in_valid_i,
  input  logic             in_ready_i,
  input  logic [Width-1:0] out_data_i,
  input  logic             out_valid_i,
  input  logic             out_ready_i,
  output logic [3:0]       row_o,     // position that comes in next
  output logic [3:0]       column_o,
  output logic [3:0]       fold_o,
  output logic [3:0]       due_o,     // complete windows inside
  output logic             picked_o,  // a window is followed; its first word has come in
  output logic             whole_o,   // and its last
  output logic [3:0]       block_o,   // its column, in strides
  output logic [3:0]       part_o,    // its part of a position
  output logic [Width-1:0] largest_o  // of its words so far
);

  localparam int unsigned Rows = (ImageH - KernelH) / StrideH + 1;
  localparam int unsigned Columns = (ImageW - KernelW) / StrideW + 1;

  (* anyconst *) logic [3:0] window_row, window_column, part;
  (* anyseq *) logic pick;
  logic [3:0] row_q, column_q, fold_q, due_q, ahead_q, top, left;
  logic [Width-1:0] largest_q, largest;
  logic picked_q, whole_q, push, pop, completes, first, last, inside;
  always_comb assume (window_row < Rows && window_column < Columns && part < Folds);

  assign push = in_valid_i && in_ready_i;
  assign pop = out_valid_i && out_ready_i;
  assign top = window_row * StrideH;
  assign left = window_column * StrideW;
  assign inside = fold_q == part && row_q >= top && row_q < top + KernelH
                && column_q >= left && column_q < left + KernelW;
  assign first = row_q == top && column_q == left && fold_q == part;
  assign last = row_q == top + KernelH - 1 && column_q == left + KernelW - 1 && fold_q == part;
  // The word that comes in is the last one of a window.
  assign completes = row_q >= KernelH - 1 && (row_q - (KernelH - 1)) % StrideH == 0
                   && column_q >= KernelW - 1 && (column_q - (KernelW - 1)) % StrideW == 0;

  always_comb begin
    for (int i = 0; i < Lanes; i++) begin
      largest[i*Bits +: Bits] =
          (!picked_q || in_data_i[i*Bits +: Bits] > largest_q[i*Bits +: Bits])
          ? in_data_i[i*Bits +: Bits] : largest_q[i*Bits +: Bits];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      row_q <= '0;
      column_q <= '0;
      fold_q <= '0;
      due_q <= '0;
      picked_q <= 1'b0;
      whole_q <= 1'b0;
    end else begin
      due_q <= due_q + (push && completes) - pop;
      if (push) begin
        fold_q <= (fold_q == Folds - 1) ? '0 : fold_q + 1'b1;
        if (fold_q == Folds - 1) begin
          column_q <= (column_q == ImageW - 1) ? '0 : column_q + 1'b1;
          if (column_q == ImageW - 1) row_q <= (row_q == ImageH - 1) ? '0 : row_q + 1'b1;
        end
      end
      if (!whole_q) begin
        if (push && inside && (picked_q || (first && pick))) begin
          picked_q <= 1'b1;
          largest_q <= largest;
          if (last) begin
            whole_q <= 1'b1;
            ahead_q <= due_q - pop;
          end
        end
      end else if (pop) begin
        ahead_q <= ahead_q - 1'b1;
        if (ahead_q == 0) begin
          picked_q <= 1'b0;
          whole_q <= 1'b0;
        end
      end
    end
  end

  assign row_o = row_q;
  assign column_o = column_q;
  assign fold_o = fold_q;
  assign due_o = due_q;
  assign picked_o = picked_q;
  assign whole_o = whole_q;
  assign block_o = window_column;
  assign part_o = part;
  assign largest_o = largest_q;

  always_comb begin
    if (started_i) begin
      assert (row_q < ImageH && column_q < ImageW && fold_q < Folds);
      assert (due_q <= Capacity);
      assert (!whole_q || (picked_q && ahead_q < due_q));
      if (picked_q && !whole_q) begin  // between the first word and the last
        assert (row_q >= top && row_q < top + KernelH);
        assert ((row_q * ImageW + column_q) * Folds + fold_q
                > (top * ImageW + left) * Folds + part);
        assert ((row_q * ImageW + column_q) * Folds + fold_q
                <= ((top + KernelH - 1) * ImageW + left + KernelW - 1) * Folds + part);
      end
      if (rst_ni && out_valid_i) begin
        assert (due_q > 0);
        if (whole_q && ahead_q == 0) assert (out_data_i == largest_q);
      end
    end
    cover (started_i && whole_q && ahead_q == 0 && out_valid_i && window_row == Rows - 1);
  end

  always_ff @(posedge clk_i) begin
    if (started_i && rst_ni && $past(started_i && rst_ni && out_valid_i && !out_ready_i)) begin
      assert (out_valid_i);
      assert ($stable(out_data_i));
    end
  end

endmodule
