// SPDX-License-Identifier: BSD-3-Clause
// label_select: an image that is picked at any time gives the first of its largest scores, after
// exactly the labels that were due before; a label for each image; the output holds.

module label_select_properties #(
  parameter int unsigned Bits = 2,
  parameter int unsigned Classes = 3,
  localparam int unsigned LabelBits = (Classes > 1) ? $clog2(Classes) : 1
) (
  input logic clk_i
);

  (* anyseq *) logic [Bits-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [LabelBits-1:0] data_o;
  logic rst_ni, started, ready_o, valid_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  label_select #(.Bits(Bits), .Classes(Classes)) dut (.*);

  // All scores of the image that comes in, and the label of the last complete one.
  logic [Bits*Classes-1:0] scores, scores_q;
  logic [7:0] count_q;
  logic [LabelBits-1:0] label, label_q;
  logic push, pop, completes, due_q;

  assign push = valid_i && ready_o;
  assign pop = valid_o && ready_i;
  assign completes = push && count_q == Classes - 1;

  always_comb begin
    scores = scores_q;
    scores[count_q*Bits +: Bits] = data_i;
    label = '0;
    for (int i = Classes - 1; i >= 0; i--) begin
      if (scores[i*Bits +: Bits] >= scores[label*Bits +: Bits]) label = LabelBits'(i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
      due_q <= 1'b0;
    end else begin
      if (push) begin
        scores_q <= scores;
        count_q <= completes ? '0 : count_q + 1'b1;
      end
      if (completes) label_q <= label;
      due_q <= completes || (due_q && !pop);
    end
  end

  // Inside: the class that comes next, and the first of the largest scores so far.
  (* hierconn *) logic [LabelBits-1:0] \dut.label , \dut.best_q ;
  (* hierconn *) logic [Bits-1:0] \dut.largest_q ;

  always_comb begin
    if (started) begin
      assert (count_q < Classes && 8'(\dut.label ) == count_q);
      assert (valid_o == due_q);
      if (!ready_o) assert (valid_o && !ready_i);
      if (valid_o) assert (data_o == label_q);
      for (int i = 0; i < Classes; i++) begin
        if (i < count_q) begin
          assert (8'(\dut.best_q ) < count_q);
          assert (\dut.largest_q == scores_q[\dut.best_q * Bits +: Bits]);
          assert (scores_q[i*Bits +: Bits] <= \dut.largest_q );
          if (i < 32'(\dut.best_q )) assert (scores_q[i*Bits +: Bits] < \dut.largest_q );
        end
      end
      cover (valid_o && data_o == LabelBits'(Classes - 1) && !ready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (started && rst_ni && $past(started && rst_ni && valid_o && !ready_i)) begin
      assert (valid_o);
      assert ($stable(data_o));
    end
  end

endmodule
