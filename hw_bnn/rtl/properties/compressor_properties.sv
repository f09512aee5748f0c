// SPDX-License-Identifier: BSD-3-Clause
// compressor keeps the weighted sum of its bits: x_o + y_o is the total that went in together with
// the tag, which carries that total as the expected value. Without Stalls, en_i is high: then
// induction over more cycles than there are registers needs no invariant.

module compressor_properties #(
  parameter int unsigned           Columns = 4,
  parameter logic [16*Columns-1:0] Heights = {16'd0, 16'd0, 16'd4, 16'd6},
  parameter int unsigned           Width = 10,
  parameter int unsigned           StagesPerRegister = 1,
  parameter bit                    Stalls = 1'b0,
  parameter bit                    Xilinx = 1'b0
) (
  input logic clk_i
);

  (* anyseq *) logic any, present;
  (* anyseq *) logic [Width-1:0] bits_i;
  logic [Columns:0] tag_i, tag_o;
  logic [Columns-1:0] x_o, y_o, total;
  logic rst_ni, started, en_i;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  assign en_i = !Stalls || any;

  // The bits of a column lie together, the lowest column first.
  always_comb begin
    int index;
    total = '0;
    index = 0;
    for (int c = 0; c < Columns; c++) begin
      for (int k = 0; k < Heights[16*c +: 16]; k++) begin
        total = total + (Columns'(bits_i[index]) << c);
        index = index + 1;
      end
    end
  end
  assign tag_i = {present, total};

  compressor #(
    .Columns(Columns), .Heights(Heights), .Width(Width), .TagWidth(Columns + 1),
    .StagesPerRegister(StagesPerRegister), .Xilinx(Xilinx)
  ) dut (.*);

  always_comb begin
    if (started && tag_o[Columns]) begin
      assert ((Columns+1)'(x_o) + (Columns+1)'(y_o) == tag_o[Columns-1:0]);
    end
    cover (started && tag_o[Columns] && tag_o[Columns-1:0] > 8);
  end

  always_ff @(posedge clk_i) begin
    if (started && $past(started && rst_ni && !en_i)) assert ($stable({x_o, y_o, tag_o}));
  end

endmodule
