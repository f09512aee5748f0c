// SPDX-License-Identifier: BSD-3-Clause
// First-in first-out buffer of exactly Depth words (Depth >= 2), one word in and one out per cycle.
// A word leaves one cycle after it came, or later.
//
// The words lie in a ring. Whether it holds words and has room is found a step before, from the
// addresses used last, and no count is kept. Up to TableDepth words (TableDepth >= 2) the ring is
// distributed RAM with a combinational read. A larger ring is read into a register, so that it may
// be block RAM; the front word is in that register, or in one that takes a word directly, past the
// empty ring. ready_o and valid_o are registers. Synchronous reset, active low.

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
  logic [AddressBits-1:0] pushed_address, popped_address;  // those before: used last
  logic push, pop, filled_q, ready_q, unused_write_last, unused_read_last;

  fold_counter #(.Count(Words)) u_write (
    .clk_i, .rst_ni, .step_i(push), .value_o(write_address), .last_o(unused_write_last)
  );
  fold_counter #(.Count(Words)) u_read (
    .clk_i, .rst_ni, .step_i(pop), .value_o(read_address), .last_o(unused_read_last)
  );

  if (AddressBits <= 2) begin : gen_before
    assign pushed_address = (write_address == '0) ? AddressBits'(Words - 1) : write_address - 1'b1;
    assign popped_address = (read_address == '0) ? AddressBits'(Words - 1) : read_address - 1'b1;
  end else begin : gen_kept
    logic [AddressBits-1:0] pushed_q, popped_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) pushed_q <= AddressBits'(Words - 1);
      else if (push) pushed_q <= write_address;
    end
    always_ff @(posedge clk_i) begin
      if (!rst_ni) popped_q <= AddressBits'(Words - 1);
      else if (pop) popped_q <= read_address;
    end
    assign pushed_address = pushed_q;
    assign popped_address = popped_q;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      filled_q <= 1'b0;
      ready_q <= 1'b1;
    end else if (push && !pop) begin
      filled_q <= 1'b1;
      ready_q <= (write_address != popped_address);
    end else if (pop && !push) begin
      filled_q <= (read_address != pushed_address);
      ready_q <= 1'b1;
    end
  end
  assign ready_o = ready_q;

  always_ff @(posedge clk_i) begin
    if (push) memory[write_address] <= data_i;
  end

  if (Table) begin : gen_table
    assign push = valid_i && ready_o;
    assign pop = valid_o && ready_i;
    assign valid_o = filled_q;
    assign data_o = memory[read_address];
  end else begin : gen_front
    logic [Width-1:0] read_q, direct_q;
    logic direct, is_direct_q, valid_q;

    assign direct = !filled_q && (!valid_q || ready_i);
    assign push = valid_i && ready_o && !direct;
    assign pop = filled_q && ready_i;  // there is a front word if the ring is not empty
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
  (* anyseq *) logic [AddressBits-1:0] formal_address;  // chosen by a proof
  logic [Width-1:0] formal_word;
  assign formal_word = memory[formal_address];
`endif

endmodule
