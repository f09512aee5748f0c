// SPDX-License-Identifier: BSD-3-Clause
// First-in first-out buffer of exactly Depth words (Depth >= 2), one word in and one out per cycle.
//
// The words lie in distributed RAM with a combinational read. Equal pointers mean full after a
// push and empty after a pop, so that one bit tells the two apart and no count is kept. ready_o
// and valid_o depend on registers only. Synchronous reset, active low.

module stream_fifo #(
  parameter int unsigned Width = 64,
  parameter int unsigned Depth = 32
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

  localparam int unsigned AddressBits = $clog2(Depth);

  logic [Width-1:0] memory [0:Depth-1];
  logic [AddressBits-1:0] write_address, read_address;
  logic push, pop, same_address, unused_write_last, unused_read_last;
  logic pushed_q;  // the last change of the fill level was a push

  assign same_address = (write_address == read_address);
  assign ready_o = !(same_address && pushed_q);
  assign valid_o = !same_address || pushed_q;
  assign push = valid_i && ready_o;
  assign pop = valid_o && ready_i;
  assign data_o = memory[read_address];

  fold_counter #(.Count(Depth)) u_write (
    .clk_i, .rst_ni, .step_i(push), .value_o(write_address), .last_o(unused_write_last)
  );
  fold_counter #(.Count(Depth)) u_read (
    .clk_i, .rst_ni, .step_i(pop), .value_o(read_address), .last_o(unused_read_last)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) pushed_q <= 1'b0;
    else if (push != pop) pushed_q <= push;
  end

  always_ff @(posedge clk_i) begin
    if (push) memory[write_address] <= data_i;
  end

`ifdef FORMAL
  (* anyseq *) logic [AddressBits-1:0] formal_address;  // chosen by a proof
  logic [Width-1:0] formal_word;
  assign formal_word = memory[formal_address];
`endif

endmodule
