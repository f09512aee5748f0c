// SPDX-License-Identifier: BSD-3-Clause
// constant_memory gives the addressed word of its file one enabled cycle later, and holds it.

module constant_memory_properties #(
  parameter int unsigned Depth = 5,
  parameter int unsigned Width = 4,
  parameter              File = "words.mem",
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1
) (
  input logic clk_i
);

  (* anyseq *) logic en_i;
  (* anyseq *) logic [AddressBits-1:0] address_i;
  logic [Width-1:0] data_o;
  logic started_q = 1'b0;

  constant_memory #(.Depth(Depth), .Width(Width), .File(File)) dut (.*);

  logic [Width-1:0] words [0:Depth-1];
  initial $readmemh(File, words);

  logic [Width-1:0] expected_q;
  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (en_i) expected_q <= words[address_i];
    if (started_q) begin
      if ($past(en_i)) begin
        if ($past(address_i) < Depth) assert (data_o == expected_q);
      end else begin
        assert ($stable(data_o));
      end
    end
    cover (started_q && data_o != $past(data_o));
  end

endmodule
