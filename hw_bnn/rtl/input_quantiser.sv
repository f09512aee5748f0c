// SPDX-License-Identifier: BSD-3-Clause
// Input quantiser: pixels become codes, by thresholds of each channel.
//
//   code = number of s with pixel >= threshold[s]; where it falls, with pixel < threshold[s]
//
// A word holds Lanes pixels of Bits bits, lane 0 in the lowest. Thresholds repeat every Words
// words. ThresholdFile ($readmemh) has Words words of Lanes fields {falls, threshold[Thresholds-1],
// .., threshold[0]}, lane 0 in the lowest bits. Thresholds have Bits+1 bits and ascend; where the
// code falls, they descend.
//
// A word is taken every cycle, its codes leave three cycles later. ready_o depends on registers
// only. Synchronous reset, active low.

module input_quantiser #(
  parameter int unsigned Bits = 8,
  parameter int unsigned Lanes = 4,
  parameter int unsigned Words = 1,
  parameter int unsigned Thresholds = 1,
  parameter              ThresholdFile = "",
  localparam int unsigned CodeBits = $clog2(Thresholds + 1)
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic [Lanes*Bits-1:0]     data_i,
  input  logic                      valid_i,
  output logic                      ready_o,
  output logic [Lanes*CodeBits-1:0] data_o,
  output logic                      valid_o,
  input  logic                      ready_i
);

  localparam int unsigned AddressBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned Field = Thresholds * (Bits + 1) + 1;
  localparam int unsigned Codes = 2 ** CodeBits;

  logic en;  // the whole pipeline moves or stands
  logic pixels_valid_q, reached_valid_q, unused_last;
  logic [AddressBits-1:0] word;
  logic [Lanes*Bits-1:0] pixels_q;
  logic [Lanes*Field-1:0] fields;
  logic [Lanes*CodeBits-1:0] codes;

  assign ready_o = en;

  fold_counter #(.Count(Words)) u_word (
    .clk_i, .rst_ni, .step_i(valid_i && en), .value_o(word), .last_o(unused_last)
  );
  constant_memory #(.Depth(Words), .Width(Lanes * Field), .File(ThresholdFile)) u_fields (
    .clk_i, .en_i(en), .address_i(word), .data_o(fields)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pixels_valid_q <= 1'b0;
      reached_valid_q <= 1'b0;
    end else if (en) begin
      pixels_valid_q <= valid_i;
      reached_valid_q <= pixels_valid_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (en) pixels_q <= data_i;
  end

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    logic [Field-1:0] field;
    logic [Thresholds-1:0] reached_d, reached_q;
    logic [Codes-1:0] at_least;  // bit k: the code is k or more
    logic [CodeBits-1:0] code;
    logic unused_always;

    assign field = fields[i*Field +: Field];
    for (genvar s = 0; s < Thresholds; s++) begin : gen_threshold
      // pixel >= threshold, without a carry chain: a constant threshold leaves next to nothing.
      logic [Bits:0] pixel, threshold;
      logic above;
      assign pixel = {1'b0, pixels_q[i*Bits +: Bits]};
      assign threshold = field[s*(Bits+1) +: Bits+1];
      always_comb begin
        above = 1'b1;
        for (int b = 0; b <= int'(Bits); b++) begin
          if (pixel[b] != threshold[b]) above = pixel[b];
        end
      end
      assign reached_d[s] = above ^ field[Field-1];
    end
    always_ff @(posedge clk_i) begin
      if (en) reached_q <= reached_d;
    end

    // Thresholds are reached in their order: the code is found bit by bit, the highest first.
    assign at_least = Codes'({reached_q, 1'b1});
    assign unused_always = at_least[0];
    always_comb begin
      code = '0;
      for (int b = CodeBits - 1; b >= 0; b--) code[b] = at_least[code | CodeBits'(1 << b)];
    end
    assign codes[i*CodeBits +: CodeBits] = code;
  end

  output_register #(.Width(Lanes * CodeBits), .EveryCycle(1'b1)) u_output (
    .clk_i, .rst_ni, .data_i(codes), .valid_i(reached_valid_q), .ready_o(en),
    .data_o, .valid_o, .ready_i
  );

endmodule
