// SPDX-License-Identifier: BSD-3-Clause
// Population count, count_o = number of ones in bits_i, where every bit may be a small function
// of two signals (an XNOR): groups of three become a sum and a carry in one look-up table each,
// XNOR included, and the sums and the carries are then counted apart:
//
//   count = (number of sums) + 2 * (number of carries)
//
// Combinational; Width >= 1.

module popcount #(
  parameter int unsigned Width = 64
) (
  input  logic [Width-1:0]           bits_i,
  output logic [$clog2(Width+1)-1:0] count_o
);

  localparam int unsigned CountWidth = $clog2(Width + 1);
  localparam int unsigned Groups = (Width + 2) / 3;
  // A last group of a single bit has no carry.
  localparam int unsigned Carries = (Width + 1) / 3;

  if (Width < 3) begin : gen_small
    bit_counter #(.Width(Width)) u_count (.bits_i, .count_o);
  end else begin : gen_groups
    logic [3*Groups-1:0] padded;
    logic [Groups-1:0] sums;
    logic [Carries-1:0] carries;
    logic [$clog2(Groups+1)-1:0] sum_count;
    logic [$clog2(Carries+1)-1:0] carry_count;
    assign padded = (3*Groups)'(bits_i);
    for (genvar g = 0; g < Groups; g++) begin : gen_sum
      assign sums[g] = ^padded[3*g +: 3];
    end
    for (genvar g = 0; g < Carries; g++) begin : gen_carry
      assign carries[g] = (padded[3*g] & padded[3*g+1])
                        | (padded[3*g+2] & (padded[3*g] | padded[3*g+1]));
    end
    bit_counter #(.Width(Groups)) u_sums (.bits_i(sums), .count_o(sum_count));
    bit_counter #(.Width(Carries)) u_carries (.bits_i(carries), .count_o(carry_count));
    assign count_o = CountWidth'({carry_count, 1'b0}) + CountWidth'(sum_count);
  end

endmodule
