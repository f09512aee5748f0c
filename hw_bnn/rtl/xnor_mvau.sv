// SPDX-License-Identifier: BSD-3-Clause
// Binary matrix-vector unit: for every row r of a MatrixH x MatrixW matrix of +1/-1 (bit 1 is +1)
//
//   P[r] = popcount(XNOR(weights[r], input)),  y[r] = (P[r] >= T[r])    (T unsigned)
//
// Folding: SF = MatrixW/Simd input words of Simd bits, NF = MatrixH/Pe output words, lane 0 in the
// lowest bits. Output word n holds rows n*Pe .. n*Pe+Pe-1: one bit each if Threshold, otherwise
// AccWidth bits each (P itself). Pe must divide MatrixH and Simd must divide MatrixW.
//
// WeightFile ($readmemh): NF*SF words of Pe*Simd bits; bit pe*Simd + i of word n*SF + s is the
// weight of row n*Pe + pe for input element s*Simd + i. ThresholdFile: NF words of
// Pe*ThresholdWidth bits; field pe of word n is T of row n*Pe + pe, in 0..MatrixW+1.
//
// Cycles: SF*NF per vector, without a gap between vectors. From the cycle in which the first input
// word is accepted to the first cycle of valid_o, if no input word comes late:
//
//   latency = SF + PipelineDepth,  PipelineDepth = 3 if NF = 1, else 4
//
// Input words are taken during the first neuron fold only, and replayed for the others.
// ready_o does not depend on ready_i or valid_i. Synchronous reset, active low.

module xnor_mvau #(
  parameter int unsigned MatrixW = 64,
  parameter int unsigned MatrixH = 64,
  parameter int unsigned Pe = 8,
  parameter int unsigned Simd = 8,
  parameter bit          Threshold = 1'b1,
  parameter int unsigned AccWidth = $clog2(MatrixW + 1),
  parameter int unsigned ThresholdWidth = $clog2(MatrixW + 2),
  parameter              WeightFile = "",
  parameter              ThresholdFile = "",
  localparam int unsigned ResultWidth = Threshold ? 1 : AccWidth
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic [Simd-1:0]           data_i,
  input  logic                      valid_i,
  output logic                      ready_o,
  output logic [Pe*ResultWidth-1:0] data_o,
  output logic                      valid_o,
  input  logic                      ready_i
);

  localparam int unsigned SynapseFold = MatrixW / Simd;
  localparam int unsigned NeuronFold = MatrixH / Pe;
  localparam int unsigned Folds = SynapseFold * NeuronFold;
  localparam int unsigned SynapseBits = (SynapseFold > 1) ? $clog2(SynapseFold) : 1;
  localparam int unsigned NeuronBits = (NeuronFold > 1) ? $clog2(NeuronFold) : 1;
  localparam int unsigned AddressBits = (Folds > 1) ? $clog2(Folds) : 1;

  if (MatrixW % Simd != 0 || MatrixH % Pe != 0) begin : gen_check
    $error("xnor_mvau: Simd (%0d) must divide MatrixW (%0d) and Pe (%0d) must divide MatrixH (%0d)",
           Simd, MatrixW, Pe, MatrixH);
  end

  logic en;  // the whole pipeline moves or stands

  // Read stage: an input word, its folds, and the address of its weights.
  logic fold_valid;
  logic [Simd-1:0] fold_data;
  logic [SynapseBits-1:0] synapse;
  logic [NeuronBits-1:0] neuron;
  logic [AddressBits-1:0] address;

  replay_buffer #(.Width(Simd), .Words(SynapseFold), .Repeats(NeuronFold)) u_replay (
    .clk_i, .rst_ni, .en_i(en), .data_i, .valid_i, .ready_o,
    .data_o(fold_data), .valid_o(fold_valid), .word_o(synapse), .repeat_o(neuron)
  );

  if (2 ** $clog2(SynapseFold) == SynapseFold) begin : gen_joined
    assign address = (AddressBits'(neuron) << $clog2(SynapseFold)) | AddressBits'(synapse);
  end else begin : gen_counted
    logic unused_last;
    fold_counter #(.Count(Folds)) u_address (
      .clk_i, .rst_ni, .step_i(en && fold_valid), .value_o(address), .last_o(unused_last)
    );
  end

  // Weight register and popcount register: valid and position travel along.
  logic [Pe*Simd-1:0] weight_memory [0:Folds-1];
  logic [Pe*Simd-1:0] weights_q;
  logic [Simd-1:0] activations_q;
  logic weights_valid_q, weights_first_q, weights_last_q;
  logic count_valid_q, count_first_q, count_last_q, sum_valid_q;
  logic [NeuronBits-1:0] weights_neuron_q;

  if (WeightFile != "") begin : gen_weight_file
    initial $readmemh(WeightFile, weight_memory);
  end else begin : gen_zero_weights
    initial for (int i = 0; i < Folds; i++) weight_memory[i] = '0;
  end

  always_ff @(posedge clk_i) begin
    if (en) begin
      weights_q <= weight_memory[address];
      activations_q <= fold_data;
      weights_first_q <= (synapse == '0);
      weights_last_q <= (synapse == SynapseBits'(SynapseFold - 1));
      weights_neuron_q <= neuron;
      count_first_q <= weights_first_q;
      count_last_q <= weights_last_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      weights_valid_q <= 1'b0;
      count_valid_q <= 1'b0;
      sum_valid_q <= 1'b0;
    end else if (en) begin
      weights_valid_q <= fold_valid;
      count_valid_q <= weights_valid_q;
      sum_valid_q <= count_valid_q && count_last_q;
    end
  end

  logic [Pe*ThresholdWidth-1:0] thresholds;
  if (Threshold) begin : gen_thresholds
    threshold_memory #(
      .Depth(NeuronFold), .Width(Pe * ThresholdWidth), .File(ThresholdFile)
    ) u_thresholds (.clk_i, .en_i(en), .address_i(weights_neuron_q), .data_o(thresholds));
  end else begin : gen_no_thresholds
    logic unused_neuron;
    assign unused_neuron = ^weights_neuron_q;
    assign thresholds = '0;
  end

  logic [Pe*ResultWidth-1:0] results;
  for (genvar p = 0; p < Pe; p++) begin : gen_pe
    xnor_pe #(
      .Simd(Simd), .Threshold(Threshold), .AccWidth(AccWidth), .ThresholdWidth(ThresholdWidth)
    ) u_pe (
      .clk_i, .en_i(en),
      .weights_i     (weights_q[p*Simd +: Simd]),
      .activations_i (activations_q),
      .count_valid_i (count_valid_q),
      .first_i       (SynapseFold == 1 || count_first_q),
      .threshold_i   (thresholds[p*ThresholdWidth +: ThresholdWidth]),
      .result_o      (results[p*ResultWidth +: ResultWidth])
    );
  end

  output_register #(.Width(Pe * ResultWidth), .EveryCycle(SynapseFold == 1)) u_output (
    .clk_i, .rst_ni, .data_i(results), .valid_i(sum_valid_q), .ready_o(en),
    .data_o, .valid_o, .ready_i
  );

endmodule
