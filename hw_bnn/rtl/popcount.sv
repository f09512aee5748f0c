// SPDX-License-Identifier: BSD-3-Clause
// Weighted population count of XNORs, as two numbers:
//
//   x + y = sum over lanes i of (weights[i] ? u[i] : 2**Bits - 1 - u[i])
//         = sum over planes j of 2**j * popcount(XNOR(weights, bit j of every u))
//
// with u[i] = activations_i[i*Bits +: Bits]. In every plane, chains of up to ChainLength look-up
// tables each take two lanes more, hand on a sum and give a carry; a register follows, and
// compressor brings sums and carries down to two rows.
// tag_i takes the cycles of the compressor, without that of the first register.

module popcount #(
  parameter int unsigned Simd = 8,
  parameter int unsigned Bits = 1,
  parameter int unsigned TagWidth = 1,
  parameter int unsigned StagesPerRegister = 1,
  parameter bit          Xilinx = 1'b1,
  localparam int unsigned Columns = $clog2((2 ** Bits - 1) * Simd + 1)
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 en_i,
  input  logic [Simd-1:0]      weights_i,
  input  logic [Simd*Bits-1:0] activations_i,
  input  logic [TagWidth-1:0]  tag_i,
  output logic [Columns-1:0]   x_o,
  output logic [Columns-1:0]   y_o,
  output logic [TagWidth-1:0]  tag_o
);

  // Three look-up tables in a row follow a block RAM within five levels.
  localparam int unsigned ChainLength = 3;
  localparam int unsigned Pairs = (Simd + 1) / 2;
  localparam int unsigned Chains = (Pairs + ChainLength - 1) / ChainLength;
  // A chain of a single lane, the last one, has no carry.
  localparam bit          Single = (Simd % (2 * ChainLength) == 1);
  localparam int unsigned Carries = Single ? Pairs - 1 : Pairs;
  localparam int unsigned Width = Bits * (Chains + Carries);

  function automatic logic [16*Columns-1:0] heights();
    for (int c = 0; c < int'(Columns); c++) begin
      heights[16*c +: 16] = 16'(((c < int'(Bits)) ? Chains : 0)
                                + ((c > 0 && c <= int'(Bits)) ? Carries : 0));
    end
  endfunction

  logic [Width-1:0] bits_d, bits_q;

  for (genvar j = 0; j < Bits; j++) begin : gen_plane
    // Column j starts with the sums of plane j; the carries of plane j - 1 follow.
    localparam int unsigned Sums = j * Chains + ((j > 0) ? (j - 1) * Carries : 0);
    localparam int unsigned Ups = (j + 1 < Bits) ? (j + 2) * Chains + j * Carries
                                                 : (j + 1) * Chains + j * Carries;
    logic [2*Pairs-1:0] u, w;
    logic [Pairs:0] sums;
    for (genvar i = 0; i < 2 * Pairs; i++) begin : gen_lane
      if (i < Simd) begin : gen_real
        assign u[i] = activations_i[i*Bits+j];
        assign w[i] = weights_i[i];
      end else begin : gen_none  // their XNOR is 0
        assign u[i] = 1'b0;
        assign w[i] = 1'b1;
      end
    end
    for (genvar k = 0; k < Pairs; k++) begin : gen_pair
      if (k < Carries) begin : gen_adder
        xnor_adder #(.Xilinx(Xilinx)) u_add (
          .a_i(u[2*k +: 2]), .b_i(w[2*k +: 2]), .bit_i((k % ChainLength == 0) ? 1'b0 : sums[k]),
          .sum_o(sums[k+1]), .carry_o(bits_d[Ups+k])
        );
      end else begin : gen_single
        assign sums[k+1] = (u[2*k] == w[2*k]);
        logic unused_none;
        assign unused_none = ^{u[2*k+1], w[2*k+1]};
      end
    end
    assign sums[0] = 1'b0;
    for (genvar k = 0; k < Chains; k++) begin : gen_chain
      localparam int unsigned End = (k + 1) * ChainLength;
      assign bits_d[Sums+k] = sums[(End < Pairs) ? End : Pairs];
    end
    logic unused_sums;
    assign unused_sums = ^sums;
  end

  always_ff @(posedge clk_i) begin
    if (en_i) bits_q <= bits_d;
  end

  compressor #(
    .Columns(Columns), .Heights(heights()), .Width(Width), .TagWidth(TagWidth),
    .StagesPerRegister(StagesPerRegister), .Xilinx(Xilinx)
  ) u_compressor (.clk_i, .rst_ni, .en_i, .bits_i(bits_q), .tag_i, .x_o, .y_o, .tag_o);

endmodule
