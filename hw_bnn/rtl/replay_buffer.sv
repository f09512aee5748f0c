// SPDX-License-Identifier: BSD-3-Clause
// Sends each vector of Words words Repeats times, while the first pass is still coming in.
//
// A word is taken from the input in the first pass and stored; every pass, the first too, is read
// back one cycle later. With Repeats = 1 nothing is stored and nothing delayed. The next vector
// follows without a gap. data_o is read combinationally and holds while en_i is low.
// Synchronous reset, active low. ready_o depends on en_i and registers only.

module replay_buffer #(
  parameter int unsigned Width = 8,
  parameter int unsigned Words = 8,
  parameter int unsigned Repeats = 8,
  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1,
  localparam int unsigned RepeatBits = (Repeats > 1) ? $clog2(Repeats) : 1
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,
  input  logic                  en_i,
  input  logic [Width-1:0]      data_i,
  input  logic                  valid_i,
  output logic                  ready_o,
  output logic [Width-1:0]      data_o,
  output logic                  valid_o,
  output logic [WordBits-1:0]   word_o,    // index of the word within the vector
  output logic [RepeatBits-1:0] repeat_o   // index of the pass
);

  logic step, last_word;
  logic [WordBits-1:0] word_q;

  fold_counter #(.Count(Words)) u_word (
    .clk_i, .rst_ni, .step_i(step), .value_o(word_q), .last_o(last_word)
  );

  if (Repeats == 1) begin : gen_direct
    logic unused_last;
    assign unused_last = last_word;
    assign ready_o = en_i;
    assign step = valid_i && en_i;
    assign data_o = data_i;
    assign valid_o = valid_i;
    assign word_o = word_q;
    assign repeat_o = '0;
  end else begin : gen_replay
    logic load_q, last_repeat, valid_q;
    logic [RepeatBits-1:0] repeat_q, read_repeat_q;
    logic [WordBits-1:0] read_word_q;
    logic [Width-1:0] memory [0:Words-1];

    fold_counter #(.Count(Repeats)) u_repeat (
      .clk_i, .rst_ni, .step_i(step && last_word), .value_o(repeat_q), .last_o(last_repeat)
    );

    assign ready_o = en_i && load_q;
    assign step = en_i && (valid_i || !load_q);

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        load_q <= 1'b1;
        valid_q <= 1'b0;
      end else begin
        if (step && last_word) load_q <= last_repeat;
        if (en_i) valid_q <= step;
      end
    end

    always_ff @(posedge clk_i) begin
      if (en_i) begin
        read_word_q <= word_q;
        read_repeat_q <= repeat_q;
      end
    end

    // A word is overwritten no sooner than the cycle of its last read, which still sees it.
    always_ff @(posedge clk_i) begin
      if (ready_o && valid_i) memory[word_q] <= data_i;
    end

    assign data_o = memory[read_word_q];
    assign valid_o = valid_q;
    assign word_o = read_word_q;
    assign repeat_o = read_repeat_q;

`ifdef FORMAL
    (* anyseq *) logic [WordBits-1:0] formal_address;  // chosen by a proof
    logic [Width-1:0] formal_word;
    assign formal_word = memory[formal_address];
`endif
  end

endmodule
