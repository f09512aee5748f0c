// SPDX-License-Identifier: BSD-3-Clause
// fold_counter holds the number of steps since reset, modulo Count.

module fold_counter_properties #(
  parameter int unsigned Count = 5,
  localparam int unsigned Width = (Count > 1) ? $clog2(Count) : 1
) (
  input logic clk_i
);

  (* anyseq *) logic step_i;
  logic [Width-1:0] value_o;
  logic rst_ni, started, last_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  fold_counter #(.Count(Count)) dut (.*);

  always_comb begin
    if (started) begin
      assert (value_o < Count);
      assert (last_o == (value_o == Count - 1));
    end
    cover (started && last_o && step_i);
  end

  always_ff @(posedge clk_i) begin
    if (started) begin
      if ($past(!rst_ni)) assert (value_o == 0);
      else assert (value_o == ($past(value_o) + $past(step_i)) % Count);
    end
  end

endmodule
