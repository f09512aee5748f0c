// SPDX-License-Identifier: BSD-3-Clause
// Matrix-vector unit with a MatrixH x MatrixW matrix of +1/-1 (bit 1 is +1) and unsigned inputs u
// of InputBits bits. For every row r, with M = 2**InputBits - 1:
//
//   P[r] = sum over i of (weights[r][i] ? u[i] : M - u[i]),  0 <= P <= M * MatrixW
//   y[r] = number of s with P[r] >= T[r][s]                  (Thresholds > 0)
//   y[r] = P[r]                                              (Thresholds = 0)
//
// Folding: SF = MatrixW/Simd input words of Simd elements, NF = MatrixH/Pe output words of Pe
// elements, lane 0 in the lowest bits; an output has clog2(Thresholds+1) bits, or
// clog2(M*MatrixW+1). Pe must divide MatrixH and Simd must divide MatrixW.
//
// WeightFile ($readmemh): NF*SF words of Pe*Simd bits; bit pe*Simd + i of word n*SF + s is the
// weight of row n*Pe + pe for input element s*Simd + i.
// ThresholdFile for one threshold: NF words of Pe fields of SumWidth = clog2(M*MatrixW+1) + 1 bits,
// field pe of word n is 2**(SumWidth-1) - T of row n*Pe + pe: the value at which its sum starts, so
// that the highest bit of the sum is y and nothing is compared.
// ThresholdFile for more: each step compares Parallel = ceil(Thresholds/SF) of them, in Steps =
// ceil(Thresholds/Parallel) cycles; NF*Steps words of Pe*Parallel fields of clog2(M*MatrixW+2)
// bits, field pe*Parallel + i of word n*Steps + s is T[s*Parallel + i] of row n*Pe + pe
// (M*MatrixW + 1, never reached, where there are no more).
//
// Cycles: SF*NF per vector, without a gap between vectors. From the cycle in which the first input
// word is accepted to the first cycle of valid_o, if no input word comes late:
//
//   latency = SF + 3 + (NF > 1) + (SF*NF > OneRegister) + registers of compressor
//             + (Thresholds > 1 ? Steps : 0)
//
// More weight words than OneRegister are spread over the depth of several block RAMs: there is a
// second register behind them.
//
// Input words are taken during the first neuron fold only, and replayed for the others.
// ready_o does not depend on ready_i or valid_i. Synchronous reset, active low.

module xnor_mvau #(
  parameter int unsigned MatrixW = 64,
  parameter int unsigned MatrixH = 64,
  parameter int unsigned Pe = 8,
  parameter int unsigned Simd = 8,
  parameter int unsigned InputBits = 1,
  parameter int unsigned Thresholds = 1,
  parameter              WeightFile = "",
  parameter              ThresholdFile = "",
  parameter int unsigned OneRegister = 512,
  parameter int unsigned StagesPerRegister = 1,  // see compressor.sv
  parameter bit          Xilinx = 1'b1,          // see dual_lut.sv
  localparam int unsigned PWidth = $clog2((2 ** InputBits - 1) * MatrixW + 1),
  localparam int unsigned ResultWidth = (Thresholds > 0) ? $clog2(Thresholds + 1) : PWidth
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic [Simd*InputBits-1:0] data_i,
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
  localparam int unsigned SumWidth = (Thresholds == 1) ? PWidth + 1 : PWidth;
  localparam int unsigned PeWidth = (Thresholds == 1) ? 1 : PWidth;

  if (MatrixW % Simd != 0 || MatrixH % Pe != 0) begin : gen_check
    $error("xnor_mvau: Simd (%0d) must divide MatrixW (%0d) and Pe (%0d) must divide MatrixH (%0d)",
           Simd, MatrixW, Pe, MatrixH);
  end

  logic en;  // the whole pipeline moves or stands

  // Read stage: an input word, its folds, and the address of its weights.
  logic read_valid;
  logic [Simd*InputBits-1:0] read_data;
  logic [SynapseBits-1:0] read_synapse;
  logic [NeuronBits-1:0] read_neuron;
  logic [AddressBits-1:0] address;

  replay_buffer #(.Width(Simd*InputBits), .Words(SynapseFold), .Repeats(NeuronFold)) u_replay (
    .clk_i, .rst_ni, .en_i(en), .data_i, .valid_i, .ready_o,
    .data_o(read_data), .valid_o(read_valid), .word_o(read_synapse), .repeat_o(read_neuron)
  );

  if (2 ** $clog2(SynapseFold) == SynapseFold) begin : gen_joined
    assign address =
        (AddressBits'(read_neuron) << $clog2(SynapseFold)) | AddressBits'(read_synapse);
  end else begin : gen_counted
    logic unused_last;
    fold_counter #(.Count(Folds)) u_address (
      .clk_i, .rst_ni, .step_i(en && read_valid), .value_o(address), .last_o(unused_last)
    );
  end

  // The same word and folds one cycle before their weights.
  localparam bit Deep = (Folds > OneRegister);
  logic fold_valid;
  logic [Simd*InputBits-1:0] fold_data;
  logic [SynapseBits-1:0] synapse;
  logic [NeuronBits-1:0] neuron;

  if (Deep) begin : gen_deep
    logic fold_valid_q;
    logic [Simd*InputBits-1:0] fold_data_q;
    logic [SynapseBits-1:0] synapse_q;
    logic [NeuronBits-1:0] neuron_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) fold_valid_q <= 1'b0;
      else if (en) fold_valid_q <= read_valid;
    end
    always_ff @(posedge clk_i) begin
      if (en) begin
        fold_data_q <= read_data;
        synapse_q <= read_synapse;
        neuron_q <= read_neuron;
      end
    end
    assign {fold_valid, fold_data, synapse, neuron} =
           {fold_valid_q, fold_data_q, synapse_q, neuron_q};
  end else begin : gen_shallow
    assign {fold_valid, fold_data, synapse, neuron} =
           {read_valid, read_data, read_synapse, read_neuron};
  end

  // Weight register, and beside the popcount's first register what belongs to it.
  logic [Pe*Simd-1:0] weights;
  logic [Simd*InputBits-1:0] activations_q;
  logic weights_valid_q, weights_first_q, weights_last_q, count_valid_q, count_last_q;

  constant_memory #(
    .Depth(Folds), .Width(Pe*Simd), .File(WeightFile), .Second(Deep)
  ) u_weights (.clk_i, .en_i(en), .address_i(address), .data_o(weights));

  always_ff @(posedge clk_i) begin
    if (en) begin
      activations_q <= fold_data;
      weights_first_q <= (synapse == '0);
      weights_last_q <= (synapse == SynapseBits'(SynapseFold - 1));
      count_last_q <= weights_last_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      weights_valid_q <= 1'b0;
      count_valid_q <= 1'b0;
    end else if (en) begin
      weights_valid_q <= fold_valid;
      count_valid_q <= weights_valid_q;
    end
  end

  // Processing elements. The neuron enters the tag two cycles early, because of the memory and the
  // register of the start values, and the mark of the first count one cycle.
  localparam int unsigned TagWidth = NeuronBits + 3;
  logic [TagWidth-1:0] tag_in;
  logic [Pe*TagWidth-1:0] tags;
  logic [NeuronBits-1:0] start_neuron;
  logic start_first, add, last, sum_valid_q;
  logic [Pe*SumWidth-1:0] start;
  logic [Pe*PeWidth-1:0] sums;

  assign tag_in = {neuron, weights_first_q, count_valid_q, count_last_q};
  assign {start_neuron, start_first, add, last} = tags[TagWidth-1:0];

  for (genvar p = 0; p < Pe; p++) begin : gen_pe
    xnor_pe #(
      .Simd(Simd), .InputBits(InputBits), .SumWidth(SumWidth), .ResultWidth(PeWidth),
      .TagWidth(TagWidth), .StagesPerRegister(StagesPerRegister), .Xilinx(Xilinx)
    ) u_pe (
      .clk_i, .rst_ni, .en_i(en),
      .weights_i     (weights[p*Simd +: Simd]),
      .activations_i (activations_q),
      .tag_i         (tag_in),
      .tag_o         (tags[p*TagWidth +: TagWidth]),
      .add_i         (add),
      .last_i        (last),
      .start_i       (start[p*SumWidth +: SumWidth]),
      .result_o      (sums[p*PeWidth +: PeWidth])
    );
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) sum_valid_q <= 1'b0;
    else if (en) sum_valid_q <= add && last;
  end

  if (Thresholds == 1) begin : gen_start
    logic [Pe*SumWidth-1:0] start_values, start_q;
    constant_memory #(
      .Depth(NeuronFold), .Width(Pe*SumWidth), .File(ThresholdFile)
    ) u_start (.clk_i, .en_i(en), .address_i(start_neuron), .data_o(start_values));
    always_ff @(posedge clk_i) begin
      if (en) start_q <= start_first ? start_values : '0;
    end
    assign start = start_q;
  end else begin : gen_zero
    assign start = '0;
  end

  logic [Pe*ResultWidth-1:0] results;
  logic results_valid;

  if (Thresholds > 1) begin : gen_levels
    level_unit #(
      .Pe(Pe), .SumWidth(PWidth), .ThresholdWidth($clog2((2 ** InputBits - 1) * MatrixW + 2)),
      .Thresholds(Thresholds), .Cycles(SynapseFold), .Vectors(NeuronFold), .File(ThresholdFile)
    ) u_levels (
      .clk_i, .rst_ni, .en_i(en), .next_i(add && last), .sums_i(sums),
      .levels_o(results), .valid_o(results_valid)
    );
  end else begin : gen_sums
    assign results = sums;
    assign results_valid = sum_valid_q;
  end

  output_register #(.Width(Pe * ResultWidth), .EveryCycle(SynapseFold == 1)) u_output (
    .clk_i, .rst_ni, .data_i(results), .valid_i(results_valid), .ready_o(en),
    .data_o, .valid_o, .ready_i
  );

  logic unused;
  assign unused = ^{tags, start_neuron, start_first, sum_valid_q};

endmodule
