// SPDX-License-Identifier: BSD-3-Clause
// carry_chain adds generate, and propagate ^ generate, and the carry: where a bit propagates, these
// two differ, and where it does not, both are the bit that is generated.

module carry_chain_properties #(
  parameter int unsigned Width = 5,
  parameter bit          Xilinx = 1'b0
) (
  input logic clk_i
);

  (* anyseq *) logic [Width-1:0] propagate_i, generate_i;
  (* anyseq *) logic carry_i;
  logic [Width-1:0] sum_o;
  logic carry_o;

  carry_chain #(.Width(Width), .Xilinx(Xilinx)) dut (.*);

  always_comb begin
    assert ({carry_o, sum_o}
            == (Width+1)'(generate_i) + (Width+1)'(propagate_i ^ generate_i) + (Width+1)'(carry_i));
    cover (carry_o && sum_o == 0 && &propagate_i);
  end

endmodule
