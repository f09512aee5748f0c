// SPDX-License-Identifier: BSD-3-Clause
// Label select: the index of the largest of Classes unsigned scores, the first of equal ones.
//
// One score comes per word, that of class 0 first. A score is taken every cycle; behind an image's
// last one its label leaves, one cycle later. ready_o depends on ready_i where a label leaves.
// Synchronous reset, active low.

module label_select #(
  parameter int unsigned Bits = 8,
  parameter int unsigned Classes = 10,
  localparam int unsigned LabelBits = (Classes > 1) ? $clog2(Classes) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic [Bits-1:0]      data_i,
  input  logic                 valid_i,
  output logic                 ready_o,
  output logic [LabelBits-1:0] data_o,
  output logic                 valid_o,
  input  logic                 ready_i
);

  logic take, last, better, valid_q;
  logic [LabelBits-1:0] label, best_q, data_q;
  logic [Bits-1:0] largest_q;

  fold_counter #(.Count(Classes)) u_class (
    .clk_i, .rst_ni, .step_i(take), .value_o(label), .last_o(last)
  );

  assign better = (label == '0) || (data_i > largest_q);
  assign ready_o = !last || !valid_q || ready_i;
  assign take = valid_i && ready_o;
  assign data_o = data_q;
  assign valid_o = valid_q;

  always_ff @(posedge clk_i) begin
    if (take && better) begin
      largest_q <= data_i;
      best_q <= label;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (take && last) valid_q <= 1'b1;
    else if (ready_i) valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (take && last) data_q <= better ? label : best_q;
  end

endmodule
