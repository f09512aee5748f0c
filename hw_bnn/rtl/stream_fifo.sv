// SPDX-License-Identifier: BSD-3-Clause
// First-in first-out buffer of exactly Depth words (Depth >= 2), one word in and one out per cycle.
// A word leaves one cycle after it came, or later.
//
// The words lie in a ring. Equal pointers mean full after a push and empty after a pop, so that one
// bit tells the two apart and no count is kept. Up to TableDepth words (TableDepth >= 2) the ring
// is distributed RAM with a combinational read. A larger ring is read into a register, so that it
// may be block RAM; the front word is in that register, or in one that takes a word directly, past
// the empty ring. ready_o and valid_o depend on registers only. Synchronous reset, active low.

module stream_fifo #(
  parameter int unsigned Width = 64,
  parameter int unsigned Depth = 32,
  parameter int unsigned TableDepth = 64
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

  localparam bit Table = (Depth <= TableDepth);
  localparam int unsigned Words = Table ? Depth : Depth - 1;
  localparam int unsigned AddressBits = $clog2(Words);

  // The ring.
  logic [Width-1:0] memory [0:Words-1];
  logic [AddressBits-1:0] write_address, read_address;
  logic push, pop, same_address, empty, unused_write_last, unused_read_last;
  logic pushed_q;  // the last change of the fill level was a push

  assign empty = same_address && !pushed_q;
  assign ready_o = !(same_address && pushed_q);

  fold_counter #(.Count(Words)) u_write (
    .clk_i, .rst_ni, .step_i(push), .value_o(write_address), .last_o(unused_write_last)
  );
  fold_counter #(.Count(Words)) u_read (
    .clk_i, .rst_ni, .step_i(pop), .value_o(read_address), .last_o(unused_read_last)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) pushed_q <= 1'b0;
    else if (push != pop) pushed_q <= push;
  end

  always_ff @(posedge clk_i) begin
    if (push) memory[write_address] <= data_i;
  end

  if (AddressBits <= 2) begin : gen_compare
    assign same_address = (write_address == read_address);
  end else begin : gen_compared
    // Comparing long addresses takes time: it is done before one of them moves.
    logic [AddressBits-1:0] pushed_address_q, popped_address_q;  // the last ones
    logic same_address_q;

    assign same_address = same_address_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        same_address_q <= 1'b1;
        pushed_address_q <= AddressBits'(Words - 1);
        popped_address_q <= AddressBits'(Words - 1);
      end else begin
        if (push) pushed_address_q <= write_address;
        if (pop) popped_address_q <= read_address;
        if (push && !pop) same_address_q <= (write_address == popped_address_q);
        if (pop && !push) same_address_q <= (pushed_address_q == read_address);
      end
    end
  end

  if (Table) begin : gen_table
    assign push = valid_i && ready_o;
    assign pop = valid_o && ready_i;
    assign valid_o = !empty;
    assign data_o = memory[read_address];
  end else begin : gen_front
    logic [Width-1:0] read_q, direct_q;
    logic direct, is_direct_q, valid_q;

    assign direct = empty && (!valid_q || ready_i);
    assign push = valid_i && ready_o && !direct;
    assign pop = !empty && ready_i;  // there is a front word if the ring is not empty
    assign valid_o = valid_q;
    assign data_o = is_direct_q ? direct_q : read_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) valid_q <= 1'b0;
      else if (direct) valid_q <= valid_i;
    end
    always_ff @(posedge clk_i) begin
      if (direct || pop) is_direct_q <= direct;
      if (direct) direct_q <= data_i;
      if (pop) read_q <= memory[read_address];
    end
  end

`ifdef FORMAL
  logic formal_compared;  // the comparison that is kept is right
  if (AddressBits <= 2) begin : gen_formal_compare
    assign formal_compared = 1'b1;
  end else begin : gen_formal_compared
    assign formal_compared =
        32'(gen_compared.pushed_address_q) < Words && 32'(gen_compared.popped_address_q) < Words &&
        write_address == AddressBits'((32'(gen_compared.pushed_address_q) + 1) % Words) &&
        read_address == AddressBits'((32'(gen_compared.popped_address_q) + 1) % Words) &&
        same_address == (write_address == read_address);
  end

  (* anyseq *) logic [AddressBits-1:0] formal_address;  // chosen by a proof
  logic [Width-1:0] formal_word;
  assign formal_word = memory[formal_address];
`endif

endmodule
