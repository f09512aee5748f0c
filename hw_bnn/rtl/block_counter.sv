// SPDX-License-Identifier: BSD-3-Clause
// Goes through Extent positions in blocks of Step, the last one perhaps cut short, and starts
// again: block_o counts blocks, phase_o the positions within one. A kernel covers the first Kernel
// positions of a block (Kernel <= Step); ends_o marks the last of them, which the last block may
// lack. Synchronous reset, active low.

module block_counter #(
  parameter int unsigned Extent = 8,
  parameter int unsigned Step = 2,
  parameter int unsigned Kernel = 2,
  localparam int unsigned Blocks = (Extent + Step - 1) / Step,
  localparam int unsigned BlockBits = (Blocks > 1) ? $clog2(Blocks) : 1,
  localparam int unsigned PhaseBits = (Step > 1) ? $clog2(Step) : 1
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 step_i,
  output logic [BlockBits-1:0] block_o,
  output logic [PhaseBits-1:0] phase_o,
  output logic                 ends_o,   // the last position of a kernel; a register
  output logic                 last_o    // the last position of all
);

  localparam int unsigned LastPhase = (Extent - 1) % Step;

  logic [BlockBits-1:0] block_q;
  logic [PhaseBits-1:0] phase_q, phase_d;
  logic last_phase, ends_q;

  assign last_phase = (phase_q == PhaseBits'(Step - 1));
  assign last_o = (block_q == BlockBits'(Blocks - 1)) && (phase_q == PhaseBits'(LastPhase));
  assign phase_d = (last_o || last_phase) ? '0 : phase_q + 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      block_q <= '0;
      phase_q <= '0;
      ends_q <= (Kernel == 1);
    end else if (step_i) begin
      block_q <= last_o ? '0 : block_q + BlockBits'(last_phase);
      phase_q <= phase_d;
      ends_q <= (phase_d == PhaseBits'(Kernel - 1));
    end
  end

  assign block_o = block_q;
  assign phase_o = phase_q;
  assign ends_o = ends_q;

endmodule
