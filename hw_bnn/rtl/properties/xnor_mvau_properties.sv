// SPDX-License-Identifier: BSD-3-Clause
// xnor_mvau: every input vector gives MatrixH/Pe output words, vector after vector. Any word of any
// vector, picked at its first input word, is what the definition says, and comes after exactly the
// words that were due before it. The output holds until it is taken.

module xnor_mvau_properties #(
  parameter int unsigned MatrixW = 4,
  parameter int unsigned MatrixH = 2,
  parameter int unsigned Pe = 1,
  parameter int unsigned Simd = 2,
  parameter int unsigned InputBits = 1,
  parameter int unsigned Thresholds = 1,
  parameter              WeightFile = "weights.mem",
  parameter              ThresholdFile = "start.mem",
  parameter int unsigned OneRegister = 512,
  localparam int unsigned M = 2 ** InputBits - 1,
  localparam int unsigned PWidth = $clog2(M * MatrixW + 1),
  localparam int unsigned ResultWidth = (Thresholds > 0) ? $clog2(Thresholds + 1) : PWidth,
  localparam int unsigned SynapseFold = MatrixW / Simd,
  localparam int unsigned NeuronFold = MatrixH / Pe
) (
  input logic clk_i
);

  (* anyseq *) logic [Simd*InputBits-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i, pick;
  (* anyconst *) logic [7:0] row;  // of output words
  logic [Pe*ResultWidth-1:0] data_o, expected;
  logic rst_ni, started, ready_o, valid_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));
  always_comb assume (row < NeuronFold);

  xnor_mvau #(
    .MatrixW(MatrixW), .MatrixH(MatrixH), .Pe(Pe), .Simd(Simd), .InputBits(InputBits),
    .Thresholds(Thresholds), .WeightFile(WeightFile), .ThresholdFile(ThresholdFile),
    .OneRegister(OneRegister)
  ) dut (.*);

  // The picked vector, and the number of output words due before the picked one.
  logic [MatrixW*InputBits-1:0] vector_q;
  logic [7:0] word_q, due_q, ahead_q, left;
  logic picked_q, whole_q;
  assign left = valid_o && ready_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      word_q <= '0;
      due_q <= '0;
      picked_q <= 1'b0;
    end else begin
      due_q <= due_q - left;
      if (picked_q) begin
        ahead_q <= ahead_q - left;
        if (left && ahead_q == 0) picked_q <= 1'b0;
      end
      if (valid_i && ready_o) begin
        word_q <= (word_q == SynapseFold - 1) ? '0 : word_q + 1'b1;
        if (!whole_q || !picked_q) vector_q[word_q*Simd*InputBits +: Simd*InputBits] <= data_i;
        if (word_q == 0) due_q <= due_q - left + NeuronFold;
        if (word_q == 0 && pick && !picked_q) begin
          picked_q <= 1'b1;
          ahead_q <= due_q - left + row;
          whole_q <= (SynapseFold == 1);
        end else if (word_q == SynapseFold - 1) begin
          whole_q <= 1'b1;
        end
      end
    end
  end

  // The definition.
  localparam int unsigned Parallel = (Thresholds + SynapseFold - 1) / SynapseFold;
  localparam int unsigned Steps = (Thresholds > 0) ? (Thresholds + Parallel - 1) / Parallel : 1;
  localparam int unsigned Field = (Thresholds == 1) ? PWidth + 1 : $clog2(M * MatrixW + 2);
  localparam int unsigned Fields = (Thresholds > 0) ? Parallel : 1;
  logic [Pe*Simd-1:0] weight_words [0:NeuronFold*SynapseFold-1];
  logic [NeuronFold*SynapseFold*Pe*Simd-1:0] weights;
  initial $readmemh(WeightFile, weight_words);
  for (genvar w = 0; w < NeuronFold * SynapseFold; w++) begin : gen_weights
    assign weights[w*Pe*Simd +: Pe*Simd] = weight_words[w];
  end
  logic [NeuronFold*Steps*Pe*Fields*Field-1:0] thresholds;
  if (Thresholds > 0) begin : gen_file
    logic [Pe*Fields*Field-1:0] words [0:NeuronFold*Steps-1];
    initial $readmemh(ThresholdFile, words);
    for (genvar w = 0; w < NeuronFold * Steps; w++) begin : gen_word
      assign thresholds[w*Pe*Fields*Field +: Pe*Fields*Field] = words[w];
    end
  end else begin : gen_none
    assign thresholds = '0;
  end

  for (genvar p = 0; p < Pe; p++) begin : gen_pe
    logic [PWidth-1:0] sum;
    logic [7:0] level;
    always_comb begin
      sum = '0;
      for (int s = 0; s < SynapseFold; s++) begin
        for (int i = 0; i < Simd; i++) begin
          if (weights[((row*SynapseFold+s)*Pe+p)*Simd+i]) begin
            sum = sum + vector_q[(s*Simd+i)*InputBits +: InputBits];
          end else begin
            sum = sum + (M - vector_q[(s*Simd+i)*InputBits +: InputBits]);
          end
        end
      end
      level = '0;
      for (int s = 0; s < Steps; s++) begin
        for (int i = 0; i < Parallel; i++) begin
          if (Thresholds == 1) begin
            level = (sum >= 2 ** PWidth - thresholds[(row*Pe+p)*Field +: Field]);
          end else if (sum >= thresholds[(((row*Steps+s)*Pe+p)*Parallel+i)*Field +: Field]) begin
            level = level + 1'b1;
          end
        end
      end
      expected[p*ResultWidth +: ResultWidth] = (Thresholds > 0) ? level : sum;
    end
  end

  always_comb begin
    if (started && rst_ni) begin
      if (valid_o) assert (due_q > 0);
      if (valid_o && picked_q && ahead_q == 0) assert (whole_q && data_o == expected);
    end
    cover (started && valid_o && picked_q && ahead_q == 0 && row == NeuronFold - 1);
    cover (started && picked_q && ahead_q >= NeuronFold && valid_o);
  end

  always_ff @(posedge clk_i) begin
    if (started && rst_ni && $past(started && rst_ni && valid_o && !ready_i)) begin
      assert (valid_o);
      assert ($stable(data_o));
    end
  end

endmodule
