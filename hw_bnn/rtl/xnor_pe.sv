// SPDX-License-Identifier: BSD-3-Clause
// One processing element: Simd XNOR lanes, their popcount, and a sum over the synapse folds.
//
//   P = sum over folds of popcount(XNOR(weights, activations)),  0 <= P <= MatrixW
//   Threshold = 1: result_o = (P >= threshold_i), one bit, unsigned comparison
//   Threshold = 0: result_o = P
//
// The comparison costs nothing: the sum starts at -T (as ~T with a carry into the lowest bit) and
// its sign is the answer. Two pipeline registers, the popcount and the sum; first_i and
// threshold_i belong to the popcount register, one cycle after the weights.

module xnor_pe #(
  parameter int unsigned Simd = 8,
  parameter bit          Threshold = 1'b1,
  parameter int unsigned AccWidth = 7,
  parameter int unsigned ThresholdWidth = 7,
  localparam int unsigned ResultWidth = Threshold ? 1 : AccWidth
) (
  input  logic                      clk_i,
  input  logic                      en_i,         // the pipeline moves
  input  logic [Simd-1:0]           weights_i,
  input  logic [Simd-1:0]           activations_i,
  input  logic                      count_valid_i,
  input  logic                      first_i,      // this count starts a new sum
  input  logic [ThresholdWidth-1:0] threshold_i,
  output logic [ResultWidth-1:0]    result_o
);

  localparam int unsigned CountWidth = $clog2(Simd + 1);
  // One bit more than P, for the sign: P - T lies in -(MatrixW+1)..MatrixW.
  localparam int unsigned SumWidth = Threshold ? AccWidth + 1 : AccWidth;

  logic [CountWidth-1:0] count_d, count_q;

  popcount #(.Width(Simd)) u_popcount (
    .bits_i  (~(weights_i ^ activations_i)),
    .count_o (count_d)
  );

  always_ff @(posedge clk_i) begin
    if (en_i) count_q <= count_d;
  end

  if (Threshold) begin : gen_threshold
    logic [SumWidth-1:0] sum_q, base;
    logic [SumWidth:0] sum_d;
    logic unused_carry;
    assign base = first_i ? ~(SumWidth'(threshold_i)) : sum_q;
    assign sum_d = {SumWidth'(count_q), first_i} + {base, first_i};
    assign unused_carry = sum_d[0];
    always_ff @(posedge clk_i) begin
      if (en_i && count_valid_i) sum_q <= sum_d[SumWidth:1];
    end
    assign result_o = ~sum_q[SumWidth-1];
  end else begin : gen_sum
    logic [SumWidth-1:0] sum_q, base;
    logic unused_threshold;
    assign unused_threshold = ^threshold_i;
    assign base = first_i ? '0 : sum_q;
    always_ff @(posedge clk_i) begin
      if (en_i && count_valid_i) sum_q <= SumWidth'(count_q) + base;
    end
    assign result_o = sum_q;
  end

endmodule
