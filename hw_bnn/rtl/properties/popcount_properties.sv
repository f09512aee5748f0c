// SPDX-License-Identifier: BSD-3-Clause
// popcount gives x_o + y_o = sum over lanes of (weight ? u : 2**Bits - 1 - u). The tag carries the
// expected value. Without Stalls, en_i is high: then induction over more cycles than there are
// registers needs no invariant.

module popcount_properties #(
  parameter int unsigned Simd = 5,
  parameter int unsigned Bits = 1,
  parameter int unsigned StagesPerRegister = 1,
  parameter bit          Stalls = 1'b0,
  parameter bit          Xilinx = 1'b0,
  localparam int unsigned Columns = $clog2((2 ** Bits - 1) * Simd + 1)
) (
  input logic clk_i
);

  (* anyseq *) logic any, present;
  (* anyseq *) logic [Simd-1:0] weights_i;
  (* anyseq *) logic [Simd*Bits-1:0] activations_i;
  logic [Columns:0] tag_o, tag_q;
  logic [Columns-1:0] x_o, y_o, sum;
  logic rst_ni, started, en_i;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  assign en_i = !Stalls || any;

  always_comb begin
    sum = '0;
    for (int i = 0; i < Simd; i++) begin
      if (weights_i[i]) sum = sum + activations_i[i*Bits +: Bits];
      else sum = sum + (2 ** Bits - 1 - activations_i[i*Bits +: Bits]);
    end
  end

  // The tag belongs to the first register.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) tag_q <= '0;
    else if (en_i) tag_q <= {present, sum};
  end

  popcount #(
    .Simd(Simd), .Bits(Bits), .TagWidth(Columns + 1), .StagesPerRegister(StagesPerRegister),
    .Xilinx(Xilinx)
  ) dut (.*, .tag_i(tag_q));

  always_comb begin
    if (started && tag_o[Columns]) begin
      assert ((Columns+1)'(x_o) + (Columns+1)'(y_o) == tag_o[Columns-1:0]);
    end
    cover (started && tag_o[Columns] && tag_o[Columns-1:0] == Simd * (2 ** Bits - 1));
  end

  always_ff @(posedge clk_i) begin
    if (started && $past(started && rst_ni && !en_i)) assert ($stable({x_o, y_o, tag_o}));
  end

endmodule
