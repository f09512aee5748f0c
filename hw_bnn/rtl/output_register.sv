// SPDX-License-Identifier: BSD-3-Clause
// End of a pipeline that stands still as a whole: holds results until the consumer takes them.
//
// ready_o low means that the pipeline must not move in this cycle. It depends on registers and on
// valid_i, never on ready_i. EveryCycle = 0 takes one register and sustains a result every second
// cycle; EveryCycle = 1 adds a second register and sustains one result per cycle.
// A result appears one cycle after it was taken. Synchronous reset, active low.

module output_register #(
  parameter int unsigned Width = 8,
  parameter bit          EveryCycle = 1'b0
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] data_i,
  input  logic             valid_i,
  output logic             ready_o,
  output logic [Width-1:0] data_o,
  output logic             valid_o,
  input  logic             ready_i
);

  logic [Width-1:0] data_q;
  logic valid_q, take;

  assign take = valid_i && ready_o;
  assign data_o = data_q;
  assign valid_o = valid_q;

  if (EveryCycle) begin : gen_two
    logic [Width-1:0] spare_q;
    logic spare_valid_q, free;
    assign free = !valid_q || ready_i;
    assign ready_o = !spare_valid_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        valid_q <= 1'b0;
        spare_valid_q <= 1'b0;
      end else if (free) begin
        valid_q <= valid_i || spare_valid_q;
        spare_valid_q <= 1'b0;
      end else if (take) begin
        spare_valid_q <= 1'b1;
      end
    end
    always_ff @(posedge clk_i) begin
      if (free) data_q <= spare_valid_q ? spare_q : data_i;
      if (ready_o) spare_q <= data_i;
    end
  end else begin : gen_one
    assign ready_o = !(valid_i && valid_q);
    always_ff @(posedge clk_i) begin
      if (!rst_ni) valid_q <= 1'b0;
      else if (take) valid_q <= 1'b1;
      else if (ready_i) valid_q <= 1'b0;
    end
    always_ff @(posedge clk_i) begin
      if (take) data_q <= data_i;
    end
  end

endmodule
