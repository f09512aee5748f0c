// SPDX-License-Identifier: BSD-3-Clause
// replay_buffer gives the words of a vector in order, Repeats times over, then those of the next:
// word_o and repeat_o count through them, and data_o is what came in as that word of that vector,
// for a word of any index. Words come in during the first pass only. While it is enabled and words
// come, it gives one in every cycle.

module replay_buffer_properties #(
  parameter int unsigned Width = 2,
  parameter int unsigned Words = 3,
  parameter int unsigned Repeats = 2,
  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1,
  localparam int unsigned RepeatBits = (Repeats > 1) ? $clog2(Repeats) : 1
) (
  input logic clk_i
);

  (* anyseq *) logic en_i, valid_i;
  (* anyseq *) logic [Width-1:0] data_i;
  (* anyconst *) logic [WordBits-1:0] index;
  logic [Width-1:0] data_o, taken_q;
  logic [WordBits-1:0] word_o, in_q, out_q;
  logic [RepeatBits-1:0] repeat_o, pass_q;
  logic rst_ni, started, ready_o, valid_o, known_q;
  logic in_vector_q, out_vector_q, taken_vector_q;  // number of the vector, modulo 2

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  replay_buffer #(.Width(Width), .Words(Words), .Repeats(Repeats)) dut (.*);

  always_comb assume (index < Words);

  // Words that came in, modulo Words, and the word and pass that come out next.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      in_q <= '0;
      out_q <= '0;
      pass_q <= '0;
      known_q <= 1'b0;
      in_vector_q <= 1'b0;
      out_vector_q <= 1'b0;
    end else begin
      if (valid_i && ready_o) begin
        in_q <= (in_q == Words - 1) ? '0 : in_q + 1'b1;
        if (in_q == Words - 1) in_vector_q <= !in_vector_q;
        if (in_q == index) begin
          taken_q <= data_i;
          taken_vector_q <= in_vector_q;
          known_q <= 1'b1;
        end
      end
      if (valid_o && en_i) begin
        out_q <= (out_q == Words - 1) ? '0 : out_q + 1'b1;
        if (out_q == Words - 1) pass_q <= (pass_q == Repeats - 1) ? '0 : pass_q + 1'b1;
        if (out_q == Words - 1 && pass_q == Repeats - 1) out_vector_q <= !out_vector_q;
      end
    end
  end

  if (Repeats == 1) begin : gen_direct
    always_comb begin
      if (started) begin
        assert (ready_o == en_i && valid_o == valid_i && data_o == data_i);
        assert (in_q == out_q && word_o == out_q && repeat_o == 0);
      end
      cover (started && valid_o && word_o == Words - 1);
    end
  end else begin : gen_replay
    always_comb begin
      if (started && rst_ni) begin
        if (valid_o) assert (word_o == out_q && repeat_o == pass_q);
        if (valid_o && out_q == index) begin
          assert (known_q && taken_vector_q == out_vector_q && data_o == taken_q);
        end
      end
      cover (started && valid_o && repeat_o == Repeats - 1 && word_o == Words - 1);
    end
    always_ff @(posedge clk_i) begin
      if (started && rst_ni && $past(started && rst_ni)) begin
        if ($past(en_i && valid_i)) assert (valid_o);
        if ($past(!en_i)) assert ($stable(valid_o));
        if ($past(!en_i && valid_o)) assert ($stable({data_o, word_o, repeat_o}));
      end
    end
  end

  // Inside: the word and pass to be read next are one ahead of those that are shown.
  (* hierconn *) logic [WordBits-1:0] \dut.word_q , \dut.gen_replay.formal_address ;
  (* hierconn *) logic [RepeatBits-1:0] \dut.gen_replay.repeat_q ;
  (* hierconn *) logic [Width-1:0] \dut.gen_replay.formal_word ;
  (* hierconn *) logic \dut.gen_replay.load_q ;
  logic last, taken;
  if (Repeats == 1) begin : gen_none
    assign \dut.gen_replay.repeat_q = '0;
    assign \dut.gen_replay.formal_word = '0;
    assign \dut.gen_replay.formal_address = '0;
    assign \dut.gen_replay.load_q = '0;
  end else begin : gen_inside
    always_comb assume (\dut.gen_replay.formal_address == index);
    // The vector that is shown or comes next: its word `index` has come in.
    assign last = valid_o && out_q == Words - 1 && pass_q == Repeats - 1;
    assign taken = last || !\dut.gen_replay.load_q || (\dut.word_q > index);
    always_comb begin
      if (started) begin
        assert (\dut.word_q < Words && \dut.gen_replay.repeat_q < Repeats);
        assert (\dut.word_q == (out_q + valid_o) % Words);
        assert (\dut.gen_replay.repeat_q
                == (pass_q + (valid_o && out_q == Words - 1)) % Repeats);
        assert (\dut.gen_replay.load_q == (\dut.gen_replay.repeat_q == 0));
        assert (in_q == (\dut.gen_replay.load_q ? \dut.word_q : 0));
        assert (out_q < Words && pass_q < Repeats);
        assert (in_vector_q == (out_vector_q ^ (last || !\dut.gen_replay.load_q )));
        if (known_q) assert (\dut.gen_replay.formal_word == taken_q);
        if (taken) assert (known_q && taken_vector_q == out_vector_q);
      end
    end
  end

endmodule
