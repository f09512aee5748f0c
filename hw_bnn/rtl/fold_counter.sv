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
    logic [Width-1:0] value_d, value_q;
    assign last_o = (value_q == Width'(Count - 1));
    assign value_d = (last_o && (2 ** Width != Count)) ? '0 : value_q + 1'b1;
    assign value_o = value_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) value_q <= '0;
      else if (step_i) value_q <= value_d;
    end
  end

endmodule
