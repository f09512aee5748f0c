// SPDX-License-Identifier: BSD-3-Clause
// What RAMB18E1 and RAMB36E1 do in the modes that yosys maps memories to: single clocks, no output
// registers, no cascades, no error correction. yosys ships these cells as empty shells.
//
// Source of the behaviour: AMD UG473, "7 Series FPGAs Memory Resources", chapter 1.

module block_ram #(
  parameter int unsigned AddressBits = 14,  // of single bits: 14 for 18 Kb, 15 for 36 Kb
  parameter int unsigned ReadWidthA = 0,    // 1, 2, 4, or 9 bits for each byte; 0: not used
  parameter int unsigned ReadWidthB = 0,
  parameter int unsigned WriteWidthA = 0,
  parameter int unsigned WriteWidthB = 0,
  parameter              WriteModeA = "WRITE_FIRST",
  parameter              WriteModeB = "WRITE_FIRST",
  parameter logic [2**AddressBits-1:0]     Init,
  parameter logic [2**(AddressBits-3)-1:0] InitParity,
  parameter logic [71:0] StartA = '0,       // of the output, before the first read
  parameter logic [71:0] StartB = '0,
  parameter logic [71:0] ResetA = '0,       // of the output, after a reset
  parameter logic [71:0] ResetB = '0
) (
  input  logic                   clk_a_i,
  input  logic                   en_a_i,
  input  logic                   rst_a_i,
  input  logic [7:0]             we_a_i,      // one for each byte
  input  logic [AddressBits-1:0] address_a_i,
  input  logic [71:0]            data_a_i,    // parity of the bytes above, then eight bytes
  output logic [71:0]            data_a_o,
  input  logic                   clk_b_i,
  input  logic                   en_b_i,
  input  logic                   rst_b_i,
  input  logic [7:0]             we_b_i,
  input  logic [AddressBits-1:0] address_b_i,
  input  logic [71:0]            data_b_i,
  output logic [71:0]            data_b_o
);

  localparam int unsigned Bytes = 2 ** (AddressBits - 3);

  logic [8:0] memory [0:Bytes-1];  // a byte and its parity

  initial begin
    for (int unsigned i = 0; i < Bytes; i++) memory[i] = {InitParity[i], Init[8*i +: 8]};
    data_a_o = StartA;
    data_b_o = StartB;
  end

  // Bytes in a word, and the number of its first byte.
  function automatic int unsigned bytes_of(int unsigned width);
    return (width < 9) ? 1 : width / 9;
  endfunction

  function automatic int unsigned first_of(logic [AddressBits-1:0] address, int unsigned width);
    logic unused_bits;
    unused_bits = ^address[2:0];
    return 32'(address[AddressBits-1:3]) & ~(bytes_of(width) - 1);
  endfunction

  // The word at an address: a part of a byte, a byte, or several.
  function automatic logic [71:0] read(logic [AddressBits-1:0] address, int unsigned width);
    logic [71:0] word;
    int unsigned first;
    word = '0;
    first = first_of(address, width);
    for (int unsigned i = 0; i < bytes_of(width); i++) begin
      word[8*i +: 8] = memory[first+i][7:0];
      word[64+i] = memory[first+i][8];
    end
    if (width < 9) begin
      word = 72'(word[7:0] >> (address[2:0] & ~3'(width - 1)));
      for (int unsigned i = 0; i < 72; i++) if (i >= width) word[i] = 1'b0;
    end
    return word;
  endfunction

  // The byte of `old` after a write of byte i of `data`.
  function automatic logic [8:0] merged(
    logic [8:0] old, logic [71:0] data, int unsigned i, logic [2:0] bit_address, int unsigned width
  );
    logic [8:0] result;
    result = {data[64+i], data[8*i +: 8]};
    if (width < 9) begin
      result = old;
      for (int unsigned b = 0; b < width; b++)
        result[4'(b) + {1'b0, bit_address & ~3'(width - 1)}] = data[b];
    end
    return result;
  endfunction

  always @(posedge clk_a_i) begin
    if (en_a_i) begin
      if (rst_a_i) data_a_o <= ResetA;
      else if (ReadWidthA != 0 && (we_a_i == '0 || WriteModeA == "READ_FIRST"))
        data_a_o <= read(address_a_i, ReadWidthA);
      else if (ReadWidthA != 0 && WriteModeA == "WRITE_FIRST") data_a_o <= data_a_i;
      if (WriteWidthA != 0)
        for (int unsigned i = 0; i < bytes_of(WriteWidthA); i++)
          if (we_a_i[i])
            memory[first_of(address_a_i, WriteWidthA)+i] <= merged(
                memory[first_of(address_a_i, WriteWidthA)+i], data_a_i, i, address_a_i[2:0],
                WriteWidthA);
    end
  end

  always @(posedge clk_b_i) begin
    if (en_b_i) begin
      if (rst_b_i) data_b_o <= ResetB;
      else if (ReadWidthB != 0 && (we_b_i == '0 || WriteModeB == "READ_FIRST"))
        data_b_o <= read(address_b_i, ReadWidthB);
      else if (ReadWidthB != 0 && WriteModeB == "WRITE_FIRST") data_b_o <= data_b_i;
      if (WriteWidthB != 0)
        for (int unsigned i = 0; i < bytes_of(WriteWidthB); i++)
          if (we_b_i[i])
            memory[first_of(address_b_i, WriteWidthB)+i] <= merged(
                memory[first_of(address_b_i, WriteWidthB)+i], data_b_i, i, address_b_i[2:0],
                WriteWidthB);
    end
  end

endmodule
