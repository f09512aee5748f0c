// SPDX-License-Identifier: BSD-3-Clause
// xnor_pe adds up weighted popcounts: from the cycle after a sum ends to the next end, result_o is
// the upper part of its start value and all its counts. The tag carries the count. Without Stalls,
// en_i is high: then induction over more cycles than there are registers needs no invariant of the
// popcount.

module xnor_pe_properties #(
  parameter int unsigned Simd = 3,
  parameter int unsigned InputBits = 1,
  parameter int unsigned SumWidth = 5,
  parameter int unsigned ResultWidth = 1,
  parameter bit          Stalls = 1'b0,
  parameter bit          Xilinx = 1'b0,
  localparam int unsigned Columns = $clog2((2 ** InputBits - 1) * Simd + 1)
) (
  input logic clk_i
);

  (* anyseq *) logic any, present, end_sum;
  (* anyseq *) logic [Simd-1:0] weights_i;
  (* anyseq *) logic [Simd*InputBits-1:0] activations_i;
  (* anyseq *) logic [SumWidth-1:0] start;
  logic [SumWidth-1:0] start_i, sum_q, sum_d, ended_q;
  logic [Columns:0] tag_o, tag_q;
  logic [Columns-1:0] count;
  logic [ResultWidth-1:0] result_o;
  logic rst_ni, started, en_i, add_i, last_i, first_q, done_q;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  assign en_i = !Stalls || any;

  always_comb begin
    count = '0;
    for (int i = 0; i < Simd; i++) begin
      if (weights_i[i]) count = count + activations_i[i*InputBits +: InputBits];
      else count = count + (2 ** InputBits - 1 - activations_i[i*InputBits +: InputBits]);
    end
  end

  // The tag belongs to the popcount's first register; a start value to the first count of a sum.
  assign add_i = tag_o[Columns];
  assign last_i = end_sum;
  assign start_i = first_q ? start : '0;

  xnor_pe #(
    .Simd(Simd), .InputBits(InputBits), .SumWidth(SumWidth), .ResultWidth(ResultWidth),
    .TagWidth(Columns + 1), .Xilinx(Xilinx)
  ) dut (.*, .tag_i(tag_q));

  assign sum_d = (first_q ? start : sum_q) + tag_o[Columns-1:0];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tag_q <= '0;
      first_q <= 1'b1;
      done_q <= 1'b0;
    end else if (en_i) begin
      tag_q <= {present, count};
      if (add_i) begin
        first_q <= last_i;
        sum_q <= sum_d;
        if (last_i) begin
          done_q <= 1'b1;
          ended_q <= sum_d;
        end
      end
    end
  end

  (* hierconn *) logic [SumWidth-1:0] \dut.sum_q ;
  always_comb begin
    if (started) begin
      assert (\dut.sum_q == (first_q ? '0 : sum_q));
      if (done_q) assert (result_o == ended_q[SumWidth-1 -: ResultWidth]);
    end
    cover (started && done_q && ended_q > Simd * (2 ** InputBits - 1));
  end

  always_ff @(posedge clk_i) begin
    if (started && $past(started && rst_ni && !en_i)) assert ($stable({result_o, tag_o}));
  end

endmodule
