// SPDX-License-Identifier: BSD-3-Clause
// Carry chain: sum = propagate ^ carry, next carry = propagate ? carry : generate; lowest bit
// first.
//
// Synthesis for Xilinx takes CARRY4 (newer families turn it into their own); simulation, and
// synthesis with Xilinx = 0, take the description. Combinational.

module carry_chain #(
  parameter int unsigned Width = 4,
  parameter bit          Xilinx = 1'b1
) (
  input  logic [Width-1:0] propagate_i,
  input  logic [Width-1:0] generate_i,
  input  logic             carry_i,
  output logic [Width-1:0] sum_o,
  output logic             carry_o
);

  localparam int unsigned Blocks = (Width + 3) / 4;

  logic [Width:0] carry;

`ifdef SYNTHESIS
  localparam bit Primitive = Xilinx;
`else
  localparam bit Primitive = 1'b0;
  logic unused_xilinx;
  assign unused_xilinx = Xilinx;
`endif

  if (Primitive) begin : gen_primitive
    logic [4*Blocks-1:0] s, d, o, c;
    assign s = (4*Blocks)'(propagate_i);
    assign d = (4*Blocks)'(generate_i);
    for (genvar b = 0; b < Blocks; b++) begin : gen_block
      CARRY4 u_carry (
        .CI(b == 0 ? 1'b0 : c[4*b-1]), .CYINIT(b == 0 ? carry_i : 1'b0),
        .DI(d[4*b +: 4]), .S(s[4*b +: 4]), .O(o[4*b +: 4]), .CO(c[4*b +: 4])
      );
    end
    assign sum_o = o[Width-1:0];
    assign carry = {c[Width-1:0], carry_i};
  end else begin : gen_description
    assign carry[0] = carry_i;
    for (genvar i = 0; i < Width; i++) begin : gen_bit
      assign sum_o[i] = propagate_i[i] ^ carry[i];
      assign carry[i+1] = propagate_i[i] ? carry[i] : generate_i[i];
    end
  end

  assign carry_o = carry[Width];

endmodule
