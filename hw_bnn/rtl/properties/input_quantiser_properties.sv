// SPDX-License-Identifier: BSD-3-Clause
// input_quantiser is a queue of at most four words. A word of pixels leaves as the codes that the
// thresholds give, those of its place among Words. It is ready unless the output holds two words.

module input_quantiser_properties #(
  parameter int unsigned Bits = 2,
  parameter int unsigned Lanes = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Thresholds = 2,
  parameter int unsigned CodeBits = 2,
  parameter              ThresholdFile = "pixels.mem",
  localparam int unsigned Field = Thresholds * (Bits + 1) + 1,
  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1
) (
  input logic clk_i
);

  (* anyseq *) logic [Lanes*Bits-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [Lanes*CodeBits-1:0] data_o, value;
  logic [7:0] held, ahead;
  logic rst_ni, started, ready_o, valid_o, picked;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  input_quantiser #(
    .Bits(Bits), .Lanes(Lanes), .Words(Words), .Thresholds(Thresholds),
    .ThresholdFile(ThresholdFile)
  ) dut (.*);

  logic [Lanes*Field-1:0] words [0:Words-1];
  initial $readmemh(ThresholdFile, words);

  // Codes of a word of pixels, counted.
  function automatic logic [Lanes*CodeBits-1:0] codes(
    input logic [Lanes*Bits-1:0] pixels, input logic [Lanes*Field-1:0] fields
  );
    int unsigned pixel, threshold;
    codes = '0;
    for (int i = 0; i < Lanes; i++) begin
      pixel = 32'(pixels[i*Bits +: Bits]);
      for (int s = 0; s < Thresholds; s++) begin
        threshold = 32'(fields[i*Field + s*(Bits+1) +: Bits+1]);
        if (fields[i*Field + Field - 1] ? pixel < threshold : pixel >= threshold) begin
          codes = codes + (1 << (i * CodeBits));
        end
      end
    end
  endfunction

  logic [WordBits-1:0] word_q;  // of the next word of pixels
  logic [Lanes*Field-1:0] fields_q;  // of the last one
  always_ff @(posedge clk_i) begin
    if (!rst_ni) word_q <= '0;
    else if (valid_i && ready_o) word_q <= (word_q == Words - 1) ? '0 : word_q + 1'b1;
    if (ready_o) fields_q <= words[word_q];
  end

  queue_check #(.Width(Lanes*CodeBits), .Capacity(4)) u_queue (
    .clk_i, .rst_ni, .started_i(started),
    .in_data_i(codes(data_i, words[word_q])), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i),
    .held_o(held), .picked_o(picked), .ahead_o(ahead), .value_o(value)
  );

  // Inside: the oldest word in the output register, then in the spare one, then those under way.
  (* hierconn *) logic \dut.pixels_valid_q , \dut.reached_valid_q ;
  (* hierconn *) logic [WordBits-1:0] \dut.word ;
  (* hierconn *) logic [Lanes*Bits-1:0] \dut.pixels_q ;
  (* hierconn *) logic [Lanes*Field-1:0] \dut.fields ;
  (* hierconn *) logic [Lanes*CodeBits-1:0] \dut.codes ;
  (* hierconn *) logic [Lanes*CodeBits-1:0] \dut.u_output.gen_two.spare_q ;
  (* hierconn *) logic \dut.u_output.gen_two.spare_valid_q ;
  logic [7:0] put_out;
  assign put_out = valid_o + \dut.u_output.gen_two.spare_valid_q ;

  always_comb begin
    if (started) begin
      assert (ready_o == !\dut.u_output.gen_two.spare_valid_q );
      assert (valid_o || !\dut.u_output.gen_two.spare_valid_q );
      assert (held == put_out + \dut.reached_valid_q + \dut.pixels_valid_q );
      assert (word_q < Words && \dut.word == word_q);
      if (\dut.pixels_valid_q ) assert (\dut.fields == fields_q);
      if (picked) begin
        if (ahead == 0 && valid_o) assert (data_o == value);
        else if (ahead < put_out) assert (\dut.u_output.gen_two.spare_q == value);
        else if (ahead == put_out && \dut.reached_valid_q ) assert (\dut.codes == value);
        else assert (codes(\dut.pixels_q , fields_q) == value);
      end
    end
    cover (started && held == 4);
    cover (started && valid_o && data_o[CodeBits-1:0] == Thresholds && word_q == 0);
  end

  // Some word's fields, whichever it was: the thresholds are in order.
  logic known;
  always_comb begin
    known = 1'b0;
    for (int w = 0; w < Words; w++) known = known || (fields_q == words[w]);
    if (started && \dut.pixels_valid_q ) assert (known);
  end

endmodule
