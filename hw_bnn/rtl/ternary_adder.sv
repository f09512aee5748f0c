// SPDX-License-Identifier: BSD-3-Clause
// sum = (base | start) + x + y, modulo 2**Width. Combinational.
//
// One look-up table per bit: its upper half adds the three bits and the carry-save bit from below,
// its lower half is the carry-save bit for the next; the carry chain does the rest.

module ternary_adder #(
  parameter int unsigned Width = 8,
  parameter int unsigned TermWidth = 4,
  parameter bit          Xilinx = 1'b1
) (
  input  logic [Width-1:0]     base_i,
  input  logic [Width-1:0]     start_i,
  input  logic [TermWidth-1:0] x_i,
  input  logic [TermWidth-1:0] y_i,
  output logic [Width-1:0]     sum_o
);

  localparam int unsigned Terms = (TermWidth < Width) ? TermWidth : Width;

  function automatic logic [63:0] table_of();
    logic a;
    for (int i = 0; i < 32; i++) begin
      a = i[0] | i[1];
      table_of[i] = (a & i[2]) | (a & i[3]) | (i[2] & i[3]);
      table_of[32+i] = a ^ i[2] ^ i[3] ^ i[4];
    end
  endfunction

  logic [Width-1:0] propagate, generation;
  logic [Width:0] saved;
  logic unused_carry, unused;

  assign saved[0] = 1'b0;
  assign generation = saved[Width-1:0];

  for (genvar i = 0; i < Width; i++) begin : gen_bit
    if (i < Terms) begin : gen_three
      dual_lut #(.Init(table_of()), .Xilinx(Xilinx)) u_lut (
        .in_i({saved[i], y_i[i], x_i[i], start_i[i], base_i[i]}),
        .low_o(saved[i+1]), .high_o(propagate[i])
      );
    end else begin : gen_one
      assign propagate[i] = (base_i[i] | start_i[i]) ^ saved[i];
      assign saved[i+1] = 1'b0;
    end
  end

  carry_chain #(.Width(Width), .Xilinx(Xilinx)) u_chain (
    .propagate_i(propagate), .generate_i(generation), .carry_i(1'b0),
    .sum_o, .carry_o(unused_carry)
  );

  assign unused = ^{saved[Width], unused_carry, x_i, y_i};

endmodule
