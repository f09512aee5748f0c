// SPDX-License-Identifier: BSD-3-Clause
// level_unit: for sums that are announced and hold as they must, the levels are valid exactly Steps
// enabled cycles after the sums, for one enabled cycle, and are the numbers of thresholds reached.

module level_unit_properties #(
  parameter int unsigned Pe = 1,
  parameter int unsigned SumWidth = 3,
  parameter int unsigned ThresholdWidth = 3,
  parameter int unsigned Thresholds = 3,
  parameter int unsigned Cycles = 2,
  parameter int unsigned Vectors = 2,
  parameter              File = "levels.mem",
  localparam int unsigned LevelWidth = $clog2(Thresholds + 1),
  localparam int unsigned Parallel = (Thresholds + Cycles - 1) / Cycles,
  localparam int unsigned Steps = (Thresholds + Parallel - 1) / Parallel,
  localparam int unsigned Fields = Parallel * ThresholdWidth
) (
  input logic clk_i
);

  (* anyseq *) logic en_i, any_next;
  (* anyseq *) logic [Pe*SumWidth-1:0] any_sums;
  logic [Pe*SumWidth-1:0] sums_i;
  logic [Pe*LevelWidth-1:0] levels_o;
  logic rst_ni, started, next_i, valid_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  // Announcements no closer than Cycles; the sums appear one cycle later and hold.
  logic [7:0] wait_q, vector_q;
  assign next_i = any_next && wait_q == 0;

  level_unit #(
    .Pe(Pe), .SumWidth(SumWidth), .ThresholdWidth(ThresholdWidth), .Thresholds(Thresholds),
    .Cycles(Cycles), .Vectors(Vectors), .File(File)
  ) dut (.*);

  logic [Pe*Fields-1:0] words [0:Vectors*Steps-1];
  initial $readmemh(File, words);
  logic [Vectors*Steps*Pe*Fields-1:0] thresholds;
  for (genvar w = 0; w < Vectors * Steps; w++) begin : gen_word
    assign thresholds[w*Pe*Fields +: Pe*Fields] = words[w];
  end

  logic [Pe*LevelWidth-1:0] levels;
  always_comb begin
    for (int p = 0; p < Pe; p++) begin
      levels[p*LevelWidth +: LevelWidth] = '0;
      for (int s = 0; s < Steps; s++) begin
        for (int i = 0; i < Parallel; i++) begin
          if (any_sums[p*SumWidth +: SumWidth]
              >= thresholds[((vector_q*Steps+s)*Pe+p)*Fields+i*ThresholdWidth
                            +: ThresholdWidth]) begin
            levels[p*LevelWidth +: LevelWidth] = levels[p*LevelWidth +: LevelWidth] + 1'b1;
          end
        end
      end
    end
  end

  // What is due, from the sums' first cycle on.
  logic [Steps:0] due_q;
  logic [(Steps+1)*Pe*LevelWidth-1:0] levels_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wait_q <= '0;
      vector_q <= '0;
      due_q <= '0;
    end else if (en_i) begin
      wait_q <= next_i ? Cycles - 1 : wait_q - (wait_q != 0);
      if (next_i) vector_q <= (vector_q == Vectors - 1) ? '0 : vector_q + 1'b1;
      due_q <= {due_q[Steps-1:0], next_i};
    end
    if (en_i) begin
      if (next_i) sums_i <= any_sums;
      levels_q <= {levels_q[Steps*Pe*LevelWidth-1:0], levels};
    end
  end

  always_comb begin
    if (started && rst_ni) begin
      assert (valid_o == due_q[Steps]);
      if (valid_o) assert (levels_o == levels_q[Steps*Pe*LevelWidth +: Pe*LevelWidth]);
    end
    cover (started && valid_o && levels_o == Thresholds && vector_q == 0);
  end

endmodule
