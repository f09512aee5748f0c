// SPDX-License-Identifier: BSD-3-Clause
// Read-only memory of Depth words of Width bits from a $readmemh file, read in one cycle, or with a
// Second register in two: block RAMs that hold parts of the depth have multiplexers behind them.
//
// Block RAM where a look-up table no longer holds a whole bit of all words twice over and the
// contents are worth it: more than 32 words, and 8,192 bits or more. Else logic.

module constant_memory #(
  parameter int unsigned Depth = 8,
  parameter int unsigned Width = 8,
  parameter              File = "",
  parameter bit          Second = 1'b0,
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  logic                   clk_i,
  input  logic                   en_i,
  input  logic [AddressBits-1:0] address_i,
  output logic [Width-1:0]       data_o
);

  localparam bit Block = (Depth > 32) && (Depth * Width >= 8192);

  logic [Width-1:0] data_q;

  if (Block) begin : gen_block
    (* rom_style = "block" *) logic [Width-1:0] memory [0:Depth-1];
    if (File != "") begin : gen_file
      initial $readmemh(File, memory);
    end else begin : gen_zero
      initial for (int i = 0; i < Depth; i++) memory[i] = '0;
    end
    always_ff @(posedge clk_i) begin
      if (en_i) data_q <= memory[address_i];
    end
  end else begin : gen_logic
    logic [Width-1:0] memory [0:Depth-1];
    if (File != "") begin : gen_file
      initial $readmemh(File, memory);
    end else begin : gen_zero
      initial for (int i = 0; i < Depth; i++) memory[i] = '0;
    end
    always_ff @(posedge clk_i) begin
      if (en_i) data_q <= memory[address_i];
    end
  end

  if (Second) begin : gen_second
    logic [Width-1:0] second_q;
    always_ff @(posedge clk_i) begin
      if (en_i) second_q <= data_q;
    end
    assign data_o = second_q;
  end else begin : gen_single
    assign data_o = data_q;
  end

endmodule
