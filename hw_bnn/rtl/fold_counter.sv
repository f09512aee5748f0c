// SPDX-License-Identifier: BSD-3-Clause
// Counts 0 .. Count-1 and starts again. Count >= 1. Synchronous reset, active low.

module fold_counter #(
  parameter int unsigned Count = 8,
  localparam int unsigned Width = (Count > 1) ? $clog2(Count) : 1
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             step_i,
  output logic [Width-1:0] value_o,
  output logic             last_o   // value_o is Count-1
);

  if (Count == 1) begin : gen_constant
    logic unused_inputs;
    assign unused_inputs = &{clk_i, rst_ni, step_i};
    assign value_o = '0;
    assign last_o = 1'b1;
  end else begin : gen_count
    // Each bit of the sum on its own: a carry chain would be deeper, and no smaller.
    logic [Width-1:0] sum, value_q;
    logic wrap;
    always_comb begin
      for (int i = 0; i < int'(Width); i++) sum[i] = value_q[i] ^ (&(value_q | ('1 << i)));
    end
    assign last_o = (value_q == Width'(Count - 1));
    assign wrap = step_i && last_o && (2 ** Width != Count);
    assign value_o = value_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni || wrap) value_q <= '0;
      else if (step_i) value_q <= sum;
    end
  end

endmodule
