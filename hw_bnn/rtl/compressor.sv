// SPDX-License-Identifier: BSD-3-Clause
// Adds bits of several weights until two numbers are left: the weighted sum of bits_i is
// x_o + y_o.
//
// Column c holds Heights[16c +: 16] bits of weight 2**c, lowest column first in bits_i; Width is
// the sum of all heights. The total must be below 2**Columns. The module is one stage, and contains
// the next: in each column six bits become three (six_counter; so do five), three become two
// (full_adder), two wait. A register follows every StagesPerRegister-th stage and the last one.
// tag_i takes as many cycles as the bits. Synchronous reset, active low, of the bits too: so bits
// that wait stay in flip-flops, where shift registers would take look-up tables.

module compressor #(
  parameter int unsigned             Columns = 4,
  parameter logic [16*Columns-1:0]   Heights = {16'd0, 16'd0, 16'd4, 16'd2},
  parameter int unsigned             Width = 6,
  parameter int unsigned             TagWidth = 1,
  parameter int unsigned             StagesPerRegister = 1,
  parameter int unsigned             StagesLeft = StagesPerRegister,  // before the next register
  parameter bit                      Xilinx = 1'b1
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                en_i,
  input  logic [Width-1:0]    bits_i,
  input  logic [TagWidth-1:0] tag_i,
  output logic [Columns-1:0]  x_o,
  output logic [Columns-1:0]  y_o,
  output logic [TagWidth-1:0] tag_o
);

  typedef logic [16*Columns-1:0] heights_t;

  function automatic int unsigned height(input heights_t h, input int c);
    height = (c < 0) ? 0 : 32'(h[16*c +: 16]);
  endfunction

  function automatic int unsigned offset(input heights_t h, input int c);
    offset = 0;
    for (int i = 0; i < c; i++) offset = offset + height(h, i);
  endfunction

  // Counters in a column of this height, full adders, and all bits that stay in the column.
  function automatic int unsigned sixes(input int unsigned bits);
    sixes = (bits + 1) / 6;
  endfunction

  function automatic int unsigned threes(input int unsigned bits);
    threes = (bits % 6 == 3 || bits % 6 == 4) ? 1 : 0;
  endfunction

  function automatic int unsigned staying(input int unsigned bits);
    staying = sixes(bits) + threes(bits) + ((bits % 6 == 5) ? 0 : bits % 6 - 3 * threes(bits));
  endfunction

  function automatic heights_t next_heights(input heights_t h);
    for (int c = 0; c < int'(Columns); c++) begin
      next_heights[16*c +: 16] = 16'(staying(height(h, c)) + sixes(height(h, c - 1))
                                     + threes(height(h, c - 1)) + sixes(height(h, c - 2)));
    end
  endfunction

  function automatic bit low(input heights_t h);
    low = 1'b1;
    for (int c = 0; c < int'(Columns); c++) low = low && height(h, c) <= 2;
  endfunction

  if (low(Heights)) begin : gen_rows
    logic [Width+1:0] padded;
    assign padded = {2'b00, bits_i};
    for (genvar c = 0; c < Columns; c++) begin : gen_column
      localparam int unsigned First = offset(Heights, c);
      assign x_o[c] = (height(Heights, c) > 0) && padded[First];
      assign y_o[c] = (height(Heights, c) > 1) && padded[First+1];
    end
    assign tag_o = tag_i;
    logic unused_clock;
    assign unused_clock = clk_i & rst_ni & en_i;
  end else begin : gen_stage
    localparam heights_t Next = next_heights(Heights);
    localparam int unsigned NextWidth = offset(Next, Columns);
    localparam bit Register = (StagesLeft == 1) || low(Next);

    logic [NextWidth-1:0] sums, bits;
    logic [TagWidth-1:0] tag;

    for (genvar c = 0; c < Columns; c++) begin : gen_column
      localparam int unsigned Bits = height(Heights, c);
      localparam int unsigned Sixes = sixes(Bits);
      localparam int unsigned Threes = threes(Bits);
      localparam int unsigned Waiting = staying(Bits) - Sixes - Threes;
      localparam int unsigned From = offset(Heights, c);
      localparam int unsigned To = offset(Next, c);
      // Where the bits of higher weight go, behind those that stay in their columns.
      localparam int unsigned To2 = (c + 1 < Columns)
          ? offset(Next, c + 1) + staying(height(Heights, c + 1)) : 0;
      localparam int unsigned To4 = (c + 2 < Columns)
          ? offset(Next, c + 2) + staying(height(Heights, c + 2))
            + sixes(height(Heights, c + 1)) + threes(height(Heights, c + 1)) : 0;

      for (genvar k = 0; k < Sixes; k++) begin : gen_six
        logic [2:0] count;
        if (6 * k + 6 <= Bits) begin : gen_six_bits
          six_counter #(.Xilinx(Xilinx)) u_count (.bits_i(bits_i[From+6*k +: 6]), .count_o(count));
        end else begin : gen_five_bits
          six_counter #(.Xilinx(Xilinx)) u_count (
            .bits_i({1'b0, bits_i[From+6*k +: 5]}), .count_o(count)
          );
        end
        assign sums[To+k] = count[0];
        if (c + 1 < Columns) begin : gen_weight_2
          assign sums[To2+k] = count[1];
        end
        if (c + 2 < Columns) begin : gen_weight_4
          assign sums[To4+k] = count[2];
        end
        logic unused_count;
        assign unused_count = ^count;
      end
      if (Threes == 1) begin : gen_three
        logic [1:0] count;
        full_adder #(.Xilinx(Xilinx)) u_count (
          .bits_i(bits_i[From+6*Sixes +: 3]), .count_o(count)
        );
        assign sums[To+Sixes] = count[0];
        if (c + 1 < Columns) begin : gen_weight_2
          assign sums[To2+Sixes] = count[1];
        end
        logic unused_count;
        assign unused_count = ^count;
      end
      for (genvar k = 0; k < Waiting; k++) begin : gen_wait
        assign sums[To+Sixes+Threes+k] = bits_i[From+6*Sixes+3*Threes+k];
      end
    end

    if (Register) begin : gen_register
      always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
          tag <= '0;
          bits <= '0;
        end else if (en_i) begin
          tag <= tag_i;
          bits <= sums;
        end
      end
    end else begin : gen_through
      assign tag = tag_i;
      assign bits = sums;
    end

    compressor #(
      .Columns(Columns), .Heights(Next), .Width(NextWidth), .TagWidth(TagWidth),
      .StagesPerRegister(StagesPerRegister),
      .StagesLeft(Register ? StagesPerRegister : StagesLeft - 1), .Xilinx(Xilinx)
    ) u_next (.clk_i, .rst_ni, .en_i, .bits_i(bits), .tag_i(tag), .x_o, .y_o, .tag_o);
  end

endmodule
