// SPDX-License-Identifier: BSD-3-Clause
// Largest value of each channel in blocks of an image that do not overlap.
//
// A word holds Lanes channels of Bits bits each; the channels of a position come in Folds words.
// The image comes row by row. Blocks of KernelH * KernelW positions begin every StrideH rows and
// StrideW columns, with strides no smaller than the kernel; positions outside of them are dropped.
//
// The maxima so far lie in distributed RAM, a word for each block of a row and each fold. A word is
// taken every cycle; the last word of a block leaves as the result, one cycle later. ready_o
// depends on ready_i where a result leaves. Synchronous reset, active low.

module block_max #(
  parameter int unsigned Bits = 1,
  parameter int unsigned Lanes = 8,
  parameter int unsigned Folds = 1,
  parameter int unsigned ImageH = 8,
  parameter int unsigned ImageW = 8,
  parameter int unsigned KernelH = 2,
  parameter int unsigned KernelW = 2,
  parameter int unsigned StrideH = 2,
  parameter int unsigned StrideW = 2,
  localparam int unsigned Width = Lanes * Bits
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] data_i,
  input  logic             valid_i,
  output logic             ready_o,
  output logic [Width-1:0] data_o,
  output logic             valid_o,
  input  logic             ready_i
);

  localparam int unsigned BlocksH = (ImageH + StrideH - 1) / StrideH;
  localparam int unsigned BlocksW = (ImageW + StrideW - 1) / StrideW;
  localparam int unsigned RowBits = (BlocksH > 1) ? $clog2(BlocksH) : 1;
  localparam int unsigned ColumnBits = (BlocksW > 1) ? $clog2(BlocksW) : 1;
  localparam int unsigned PhaseBitsH = (StrideH > 1) ? $clog2(StrideH) : 1;
  localparam int unsigned PhaseBitsW = (StrideW > 1) ? $clog2(StrideW) : 1;
  localparam int unsigned FoldBits = (Folds > 1) ? $clog2(Folds) : 1;

  logic take, ends_rows, ends_columns, last_fold, last_column, unused_last_row;
  logic [FoldBits-1:0] fold;
  logic [RowBits-1:0] unused_row;
  logic [ColumnBits-1:0] column;
  logic [PhaseBitsH-1:0] y;
  logic [PhaseBitsW-1:0] x;

  fold_counter #(.Count(Folds)) u_fold (
    .clk_i, .rst_ni, .step_i(take), .value_o(fold), .last_o(last_fold)
  );
  block_counter #(.Extent(ImageW), .Step(StrideW), .Kernel(KernelW)) u_column (
    .clk_i, .rst_ni, .step_i(take && last_fold), .block_o(column), .phase_o(x),
    .ends_o(ends_columns), .last_o(last_column)
  );
  block_counter #(.Extent(ImageH), .Step(StrideH), .Kernel(KernelH)) u_row (
    .clk_i, .rst_ni, .step_i(take && last_fold && last_column), .block_o(unused_row), .phase_o(y),
    .ends_o(ends_rows), .last_o(unused_last_row)
  );

  logic in_block, first, last;
  assign in_block = (32'(y) < KernelH) && (32'(x) < KernelW);
  assign first = (x == '0) && (y == '0);
  assign last = ends_rows && ends_columns;

  logic [Width-1:0] memory [0:2**(ColumnBits+FoldBits)-1];
  logic [ColumnBits+FoldBits-1:0] address;
  logic [Width-1:0] so_far, largest, data_q;
  logic valid_q;

  assign address = {column, fold};
  assign so_far = memory[address];

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    logic [Bits-1:0] old_value, new_value;
    assign old_value = so_far[i*Bits +: Bits];
    assign new_value = data_i[i*Bits +: Bits];
    assign largest[i*Bits +: Bits] = (first || new_value > old_value) ? new_value : old_value;
  end

  assign ready_o = !last || !valid_q || ready_i;
  assign take = valid_i && ready_o;
  assign data_o = data_q;
  assign valid_o = valid_q;

  always_ff @(posedge clk_i) begin
    if (take && in_block) memory[address] <= largest;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (take && last) valid_q <= 1'b1;
    else if (ready_i) valid_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (take && last) data_q <= largest;
  end

`ifdef FORMAL
  (* anyseq *) logic [ColumnBits+FoldBits-1:0] formal_address;  // chosen by a proof
  logic [Width-1:0] formal_word;
  assign formal_word = memory[formal_address];
`endif

endmodule
