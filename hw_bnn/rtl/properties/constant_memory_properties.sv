// SPDX-License-Identifier: BSD-3-Clause
// constant_memory gives the addressed word of its file one enabled cycle later, or two
// with a second register, and holds it.

module constant_memory_properties #(
  parameter int unsigned Depth = 5,
  parameter int unsigned Width = 4,
  parameter              File = "words.mem",
  parameter bit          Second = 1'b0,
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1
) (
  input logic clk_i
);

  (* anyseq *) logic en_i;
  (* anyseq *) logic [AddressBits-1:0] address_i;
  logic [Width-1:0] data_o;
  logic started_q = 1'b0;

  constant_memory #(.Depth(Depth), .Width(Width), .File(File), .Second(Second)) dut (.*);

  logic [Width-1:0] words [0:Depth-1];
  initial $readmemh(File, words);

  // What comes out after the next enabled cycle, and what is out; known once an address was.
  logic [Width-1:0] read_q, out_q;
  logic read_known_q = 1'b0, out_known_q = 1'b0;
  always_ff @(posedge clk_i) begin
    started_q <= 1'b1;
    if (en_i) begin
      read_q <= words[address_i];
      read_known_q <= (address_i < Depth);
      out_q <= Second ? read_q : words[address_i];
      out_known_q <= Second ? read_known_q : (address_i < Depth);
    end
    if (started_q && !$past(en_i)) assert ($stable(data_o));
    if (out_known_q) assert (data_o == out_q);
    cover (started_q && data_o != $past(data_o));
  end

  // Inside: the first register.
  (* hierconn *) logic [Width-1:0] \dut.data_q ;
  always_comb if (read_known_q) assert (\dut.data_q == read_q);

endmodule
