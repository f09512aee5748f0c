// SPDX-License-Identifier: BSD-3-Clause
// Read-only memory of Depth words of Width bits from a $readmemh file, read in one cycle.
//
// Up to SmallDepth words the address is registered and the words are logic behind it, which
// synthesis merges with what follows; deeper memories register the word, so that they can become
// block RAM.

module threshold_memory #(
  parameter int unsigned Depth = 8,
  parameter int unsigned Width = 8,
  parameter              File = "",
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  logic                   clk_i,
  input  logic                   en_i,
  input  logic [AddressBits-1:0] address_i,
  output logic [Width-1:0]       data_o
);

  localparam int unsigned SmallDepth = 8;

  logic [Width-1:0] memory [0:Depth-1];

  if (File != "") begin : gen_file
    initial $readmemh(File, memory);
  end else begin : gen_zero
    initial for (int i = 0; i < Depth; i++) memory[i] = '0;
  end

  if (Depth <= SmallDepth) begin : gen_small
    logic [AddressBits-1:0] address_q;
    always_ff @(posedge clk_i) begin
      if (en_i) address_q <= address_i;
    end
    assign data_o = memory[address_q];
  end else begin : gen_large
    logic [Width-1:0] data_q;
    always_ff @(posedge clk_i) begin
      if (en_i) data_q <= memory[address_i];
    end
    assign data_o = data_q;
  end

endmodule
