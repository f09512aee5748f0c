// SPDX-License-Identifier: BSD-3-Clause
// Ports and parameters of the cell as yosys instantiates it, around block_ram.

module RAMB18E1 #(
  parameter int unsigned READ_WIDTH_A = 0, READ_WIDTH_B = 0, WRITE_WIDTH_A = 0, WRITE_WIDTH_B = 0,
  parameter RAM_MODE = "TDP", WRITE_MODE_A = "WRITE_FIRST", WRITE_MODE_B = "WRITE_FIRST",
  parameter int unsigned DOA_REG = 0, DOB_REG = 0,
  parameter logic [17:0] INIT_A = '0, INIT_B = '0, SRVAL_A = '0, SRVAL_B = '0,
  parameter logic [255:0]
    INITP_00 = '0, INITP_01 = '0, INITP_02 = '0, INITP_03 = '0,
    INITP_04 = '0, INITP_05 = '0, INITP_06 = '0, INITP_07 = '0,
    INIT_00 = '0, INIT_01 = '0, INIT_02 = '0, INIT_03 = '0,
    INIT_04 = '0, INIT_05 = '0, INIT_06 = '0, INIT_07 = '0,
    INIT_08 = '0, INIT_09 = '0, INIT_0A = '0, INIT_0B = '0,
    INIT_0C = '0, INIT_0D = '0, INIT_0E = '0, INIT_0F = '0,
    INIT_10 = '0, INIT_11 = '0, INIT_12 = '0, INIT_13 = '0,
    INIT_14 = '0, INIT_15 = '0, INIT_16 = '0, INIT_17 = '0,
    INIT_18 = '0, INIT_19 = '0, INIT_1A = '0, INIT_1B = '0,
    INIT_1C = '0, INIT_1D = '0, INIT_1E = '0, INIT_1F = '0,
    INIT_20 = '0, INIT_21 = '0, INIT_22 = '0, INIT_23 = '0,
    INIT_24 = '0, INIT_25 = '0, INIT_26 = '0, INIT_27 = '0,
    INIT_28 = '0, INIT_29 = '0, INIT_2A = '0, INIT_2B = '0,
    INIT_2C = '0, INIT_2D = '0, INIT_2E = '0, INIT_2F = '0,
    INIT_30 = '0, INIT_31 = '0, INIT_32 = '0, INIT_33 = '0,
    INIT_34 = '0, INIT_35 = '0, INIT_36 = '0, INIT_37 = '0,
    INIT_38 = '0, INIT_39 = '0, INIT_3A = '0, INIT_3B = '0,
    INIT_3C = '0, INIT_3D = '0, INIT_3E = '0, INIT_3F = '0
) (
  input  logic         CLKARDCLK, CLKBWRCLK, ENARDEN, ENBWREN, REGCEAREGCE, REGCEB,
  input  logic         RSTRAMARSTRAM, RSTRAMB, RSTREGARSTREG, RSTREGB,
  input  logic [13:0]  ADDRARDADDR, ADDRBWRADDR,
  input  logic [15:0]  DIADI, DIBDI,
  input  logic [1:0]   DIPADIP, DIPBDIP,
  input  logic [1:0]   WEA,
  input  logic [3:0]   WEBWE,
  output logic [15:0]  DOADO, DOBDO,
  output logic [1:0]   DOPADOP, DOPBDOP
);

  localparam bit Simple = (RAM_MODE == "SDP");  // port A reads, port B writes, both double width
  localparam bit WideRead = Simple && READ_WIDTH_A == 36;
  localparam bit WideWrite = Simple && WRITE_WIDTH_B == 36;

  if (DOA_REG != 0 || DOB_REG != 0) begin : gen_check
    $error("RAMB18E1: output registers and cascades have no model");
  end

  // Parity above eight bytes.
  function automatic logic [71:0] word(logic [15:0] data, logic [1:0] parity);
    return {8'(parity), 64'(data)};
  endfunction

  function automatic logic [71:0] wide(
    logic [15:0] low, high, logic [1:0] low_parity, high_parity
  );
    return {8'({high_parity, low_parity}), 64'({high, low})};
  endfunction

  function automatic logic [71:0] output_value(logic [17:0] low, high, bit both);
    return both ? wide(low[15:0], high[15:0], low[17:16], high[17:16])
                : word(low[15:0], low[17:16]);
  endfunction

  logic [71:0] data_a, data_b, read_a, read_b;
  logic unused;
  assign unused = ^{REGCEAREGCE, REGCEB, RSTREGARSTREG, RSTREGB, read_a, read_b};
  assign data_a = word(DIADI, DIPADIP);
  assign data_b = WideWrite ? wide(DIADI, DIBDI, DIPADIP, DIPBDIP) : word(DIBDI, DIPBDIP);
  assign DOADO = read_a[15:0];
  assign DOPADOP = read_a[64 +: 2];
  assign DOBDO = WideRead ? read_a[16 +: 16] : read_b[15:0];
  assign DOPBDOP = WideRead ? read_a[66 +: 2] : read_b[64 +: 2];

  block_ram #(
    .AddressBits(14),
    .ReadWidthA(READ_WIDTH_A), .ReadWidthB(Simple ? 0 : READ_WIDTH_B),
    .WriteWidthA(Simple ? 0 : WRITE_WIDTH_A), .WriteWidthB(WRITE_WIDTH_B),
    .WriteModeA(WRITE_MODE_A), .WriteModeB(WRITE_MODE_B),
    .StartA(output_value(INIT_A, INIT_B, WideRead)), .StartB(output_value(INIT_B, '0, 1'b0)),
    .ResetA(output_value(SRVAL_A, SRVAL_B, WideRead)), .ResetB(output_value(SRVAL_B, '0, 1'b0)),
    .InitParity({
      INITP_07, INITP_06, INITP_05, INITP_04, INITP_03, INITP_02, INITP_01, INITP_00}),
    .Init({
      INIT_3F, INIT_3E, INIT_3D, INIT_3C, INIT_3B, INIT_3A, INIT_39, INIT_38,
      INIT_37, INIT_36, INIT_35, INIT_34, INIT_33, INIT_32, INIT_31, INIT_30,
      INIT_2F, INIT_2E, INIT_2D, INIT_2C, INIT_2B, INIT_2A, INIT_29, INIT_28,
      INIT_27, INIT_26, INIT_25, INIT_24, INIT_23, INIT_22, INIT_21, INIT_20,
      INIT_1F, INIT_1E, INIT_1D, INIT_1C, INIT_1B, INIT_1A, INIT_19, INIT_18,
      INIT_17, INIT_16, INIT_15, INIT_14, INIT_13, INIT_12, INIT_11, INIT_10,
      INIT_0F, INIT_0E, INIT_0D, INIT_0C, INIT_0B, INIT_0A, INIT_09, INIT_08,
      INIT_07, INIT_06, INIT_05, INIT_04, INIT_03, INIT_02, INIT_01, INIT_00})
  ) u_ram (
    .clk_a_i(CLKARDCLK), .en_a_i(ENARDEN), .rst_a_i(RSTRAMARSTRAM), .we_a_i(8'(WEA)),
    .address_a_i(ADDRARDADDR[13:0]), .data_a_i(data_a), .data_a_o(read_a),
    .clk_b_i(CLKBWRCLK), .en_b_i(ENBWREN), .rst_b_i(RSTRAMB), .we_b_i(8'(WEBWE)),
    .address_b_i(ADDRBWRADDR[13:0]), .data_b_i(data_b), .data_b_o(read_b)
  );

endmodule
