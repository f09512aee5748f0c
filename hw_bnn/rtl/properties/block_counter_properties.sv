// SPDX-License-Identifier: BSD-3-Clause
// block_counter: with p the number of steps since reset modulo Extent, block is p / Step, phase is
// p % Step, last marks Extent-1, and ends the phase Kernel-1.

module block_counter_properties #(
  parameter int unsigned Extent = 5,
  parameter int unsigned Step = 2,
  parameter int unsigned Kernel = 2,
  localparam int unsigned Blocks = (Extent + Step - 1) / Step,
  localparam int unsigned BlockBits = (Blocks > 1) ? $clog2(Blocks) : 1,
  localparam int unsigned PhaseBits = (Step > 1) ? $clog2(Step) : 1
) (
  input logic clk_i
);

  (* anyseq *) logic step_i;
  logic [BlockBits-1:0] block_o;
  logic [PhaseBits-1:0] phase_o;
  logic rst_ni, started, ends_o, last_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  block_counter #(.Extent(Extent), .Step(Step), .Kernel(Kernel)) dut (.*);

  logic [7:0] position_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) position_q <= '0;
    else if (step_i) position_q <= (position_q + 1'b1) % Extent;
  end

  always_comb begin
    if (started) begin
      assert (position_q < Extent);
      assert (block_o == position_q / Step && phase_o == position_q % Step);
      assert (ends_o == (position_q % Step == Kernel - 1));
      assert (last_o == (position_q == Extent - 1));
    end
    cover (started && last_o && step_i);
  end

endmodule
