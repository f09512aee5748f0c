// SPDX-License-Identifier: BSD-3-Clause
// One processing element: Simd XNOR lanes, their weighted popcount (see popcount.sv), and a sum
// over the synapse folds: result = start + P, the ResultWidth highest of SumWidth bits.
//
// tag_i belongs to the popcount's first register and comes back as tag_o, when its count is ready
// to be added. Then, in the same cycle: add_i adds the count, last_i ends the sum, and start_i is
// the start value if this count is the first of a sum, else 0. result_o follows one cycle later
// and holds until the next sum ends.

module xnor_pe #(
  parameter int unsigned Simd = 8,
  parameter int unsigned InputBits = 1,
  parameter int unsigned SumWidth = 8,
  parameter int unsigned ResultWidth = 1,
  parameter int unsigned TagWidth = 1,
  parameter int unsigned StagesPerRegister = 1,
  parameter bit          Xilinx = 1'b1
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic                      en_i,         // the pipeline moves
  input  logic [Simd-1:0]           weights_i,
  input  logic [Simd*InputBits-1:0] activations_i,
  input  logic [TagWidth-1:0]       tag_i,
  output logic [TagWidth-1:0]       tag_o,
  input  logic                      add_i,
  input  logic                      last_i,
  input  logic [SumWidth-1:0]       start_i,
  output logic [ResultWidth-1:0]    result_o
);

  localparam int unsigned CountWidth = $clog2((2 ** InputBits - 1) * Simd + 1);

  logic [CountWidth-1:0] x, y;
  logic [SumWidth-1:0] sum_d, sum_q;
  logic [ResultWidth-1:0] result_q;

  popcount #(
    .Simd(Simd), .Bits(InputBits), .TagWidth(TagWidth),
    .StagesPerRegister(StagesPerRegister), .Xilinx(Xilinx)
  ) u_popcount (
    .clk_i, .rst_ni, .en_i, .weights_i, .activations_i, .tag_i, .x_o(x), .y_o(y), .tag_o
  );

  ternary_adder #(.Width(SumWidth), .TermWidth(CountWidth), .Xilinx(Xilinx)) u_adder (
    .base_i(sum_q), .start_i, .x_i(x), .y_i(y), .sum_o(sum_d)
  );

  // The sum is 0 between two vectors, so that the start value can be put in by an OR.
  logic add, done;
  assign add = en_i && add_i;
  assign done = add && last_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || done) sum_q <= '0;
    else if (add) sum_q <= sum_d;
  end

  always_ff @(posedge clk_i) begin
    if (done) result_q <= sum_d[SumWidth-1 -: ResultWidth];
  end

  assign result_o = result_q;

endmodule
