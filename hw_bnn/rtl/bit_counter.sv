// SPDX-License-Identifier: BSD-3-Clause
// Number of ones among Width bits, for bits that are not cheap functions of one other signal.
//
// Leaves of up to six bits are single look-up tables; an adder takes eleven bits at a time, six
// from one leaf and five more that fit into the look-up tables of its own carry chain. The bits
// are added as a balanced tree. Combinational; Width >= 1.

module bit_counter #(
  parameter int unsigned Width = 11
) (
  input  logic [Width-1:0]           bits_i,
  output logic [$clog2(Width+1)-1:0] count_o
);

  localparam int unsigned LeafWidth = 6;
  localparam int unsigned PairWidth = 11;
  localparam int unsigned CountWidth = $clog2(Width + 1);

  if (Width <= LeafWidth) begin : gen_leaf
    logic [LeafWidth-1:0] b;
    logic low_sum, low_carry, high_sum, high_carry, carry;
    logic [2:0] count;
    assign b = LeafWidth'(bits_i);
    assign low_sum = b[0] ^ b[1] ^ b[2];
    assign low_carry = (b[0] & b[1]) | (b[2] & (b[0] | b[1]));
    assign high_sum = b[3] ^ b[4] ^ b[5];
    assign high_carry = (b[3] & b[4]) | (b[5] & (b[3] | b[4]));
    assign carry = low_sum & high_sum;
    assign count[0] = low_sum ^ high_sum;
    assign count[1] = low_carry ^ high_carry ^ carry;
    assign count[2] = (low_carry & high_carry) | (carry & (low_carry | high_carry));
    assign count_o = count[CountWidth-1:0];
    if (CountWidth < 3) begin : gen_unused
      logic unused_count;
      assign unused_count = ^count[2:CountWidth];
    end
  end else begin : gen_split
    localparam int unsigned Pairs = (Width + PairWidth - 1) / PairWidth;
    localparam int unsigned LowWidth = (Width <= PairWidth) ? LeafWidth : PairWidth * (Pairs / 2);
    localparam int unsigned HighWidth = Width - LowWidth;
    logic [$clog2(LowWidth+1)-1:0] low;
    logic [$clog2(HighWidth+1)-1:0] high;
    bit_counter #(.Width(LowWidth)) u_low (.bits_i(bits_i[LowWidth-1:0]), .count_o(low));
    bit_counter #(.Width(HighWidth)) u_high (.bits_i(bits_i[Width-1:LowWidth]), .count_o(high));
    // The sum is never above Width, so CountWidth bits hold it. The first operand feeds the
    // carry chain directly: it is the side that has logic of its own.
    assign count_o = CountWidth'(low) + CountWidth'(high);
  end

endmodule
