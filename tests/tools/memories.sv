// SPDX-License-Identifier: BSD-3-Clause
// Memories of several shapes behind one stream: each beat is a write, or a read of all of them.

module shape #(
  parameter int unsigned Width = 9,
  parameter int unsigned Depth = 2048,
  parameter bit          Writes = 1'b1
) (
  input  logic             clk_i,
  input  logic             en_i,
  input  logic             we_i,
  input  logic [15:0]      address_i,
  input  logic [15:0]      write_address_i,
  input  logic [47:0]      data_i,
  output logic [Width-1:0] data_o
);
  localparam int unsigned Bits = $clog2(Depth);
  (* ram_style = "block" *) logic [Width-1:0] memory [0:Depth-1];
  logic [95:0] data;
  assign data = {~data_i, data_i};
  logic unused;
  assign unused = ^{address_i, write_address_i, data, we_i};

  initial for (int unsigned i = 0; i < Depth; i++) memory[i] = Width'({3{32'((i + 1) * 32'h9e3779b1)}});
  always_ff @(posedge clk_i) begin
    if (en_i) begin
      data_o <= memory[address_i[Bits-1:0]];
      if (Writes && we_i) memory[write_address_i[Bits-1:0]] <= data[Width-1:0];
    end
  end
endmodule

module memories (
  input  logic         ap_clk,
  input  logic         ap_rst_n,
  input  logic [87:0]  in0_V_TDATA,   // we, read address, write address, data
  input  logic         in0_V_TVALID,
  output logic         in0_V_TREADY,
  output logic [215:0] out0_V_TDATA,
  output logic         out0_V_TVALID,
  input  logic         out0_V_TREADY
);
  logic en, we;
  logic [15:0] address, write_address;
  logic [47:0] data;
  assign in0_V_TREADY = out0_V_TREADY || !out0_V_TVALID;
  assign en = in0_V_TVALID && in0_V_TREADY;
  assign {address, write_address, data} = in0_V_TDATA[79:0];
  assign we = in0_V_TDATA[80];
  logic unused;
  assign unused = ^in0_V_TDATA[87:81];

  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) out0_V_TVALID <= 1'b0;
    else if (in0_V_TREADY) out0_V_TVALID <= in0_V_TVALID;
  end

`define SHAPE(name, width, depth, writes, low) \
  shape #(.Width(width), .Depth(depth), .Writes(writes)) name ( \
    .clk_i(ap_clk), .en_i(en), .we_i(we), .address_i(address), .write_address_i(write_address), \
    .data_i(data), .data_o(out0_V_TDATA[low +: width]) \
  );
  `SHAPE(u_rom_72, 72, 512, 1'b0, 0)
  `SHAPE(u_ram_72, 72, 512, 1'b1, 72)
  `SHAPE(u_ram_36, 36, 512, 1'b1, 144)
  `SHAPE(u_rom_18, 18, 1024, 1'b0, 180)
  `SHAPE(u_ram_9, 9, 2048, 1'b1, 198)
  `SHAPE(u_rom_4, 4, 4096, 1'b0, 207)
  `SHAPE(u_ram_2, 2, 8192, 1'b1, 211)
  `SHAPE(u_ram_1, 1, 16384, 1'b1, 213)
  assign out0_V_TDATA[215:214] = '0;
endmodule
