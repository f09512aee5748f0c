// SPDX-License-Identifier: BSD-3-Clause
// Data width converter: the same bits in the same order, InWidth at a time in and OutWidth at a
// time out, lowest bits first. The narrower side moves a word in every cycle: no gaps. A ratio
// that is not whole goes through words of the least common multiple of both widths.
// Equal widths are wires. Synchronous reset, active low.

module stream_dwc #(
  parameter int unsigned InWidth = 64,
  parameter int unsigned OutWidth = 32
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic [InWidth-1:0]  data_i,
  input  logic                valid_i,
  output logic                ready_o,
  output logic [OutWidth-1:0] data_o,
  output logic                valid_o,
  input  logic                ready_i
);

  // Least common multiple.
  function automatic int unsigned lcm(input int unsigned a, input int unsigned b);
    lcm = a;
    while (lcm % b != 0) lcm = lcm + a;
  endfunction

  localparam int unsigned Wide = lcm(InWidth, OutWidth);

  logic [Wide-1:0] data;
  logic valid, ready;

  if (Wide == InWidth) begin : gen_no_widen
    assign data = data_i;
    assign valid = valid_i;
    assign ready_o = ready;
  end else begin : gen_widen
    stream_widen #(.InWidth(InWidth), .Parts(Wide / InWidth)) u_widen (
      .clk_i, .rst_ni, .data_i, .valid_i, .ready_o,
      .data_o(data), .valid_o(valid), .ready_i(ready)
    );
  end

  if (Wide == OutWidth) begin : gen_no_narrow
    assign data_o = data;
    assign valid_o = valid;
    assign ready = ready_i;
  end else begin : gen_narrow
    stream_narrow #(.OutWidth(OutWidth), .Parts(Wide / OutWidth)) u_narrow (
      .clk_i, .rst_ni, .data_i(data), .valid_i(valid), .ready_o(ready),
      .data_o, .valid_o, .ready_i
    );
  end

  if (InWidth == OutWidth) begin : gen_unused
    logic unused_clock;
    assign unused_clock = clk_i & rst_ni;
  end

endmodule
