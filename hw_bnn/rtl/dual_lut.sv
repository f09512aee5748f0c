// SPDX-License-Identifier: BSD-3-Clause
// Two functions of the same five bits, one look-up table of a Xilinx device.
//
//   low_o = Init[in_i],  high_o = Init[32 + in_i]
//
// Synthesis for Xilinx takes the primitive, because it pairs look-up tables by itself too rarely.
// Simulation, and synthesis with Xilinx = 0, take the description.

module dual_lut #(
  parameter logic [63:0] Init = '0,
  parameter bit          Xilinx = 1'b1
) (
  input  logic [4:0] in_i,
  output logic       low_o,
  output logic       high_o
);

`ifdef SYNTHESIS
  if (Xilinx) begin : gen_primitive
    LUT6_2 #(.INIT(Init)) u_lut (
      .I0(in_i[0]), .I1(in_i[1]), .I2(in_i[2]), .I3(in_i[3]), .I4(in_i[4]), .I5(1'b1),
      .O5(low_o), .O6(high_o)
    );
  end else begin : gen_description
    assign low_o = Init[{1'b0, in_i}];
    assign high_o = Init[{1'b1, in_i}];
  end
`else
  logic unused_xilinx;
  assign unused_xilinx = Xilinx;
  assign low_o = Init[{1'b0, in_i}];
  assign high_o = Init[{1'b1, in_i}];
`endif

endmodule
