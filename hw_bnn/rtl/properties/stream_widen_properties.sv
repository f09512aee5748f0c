// SPDX-License-Identifier: BSD-3-Clause
// stream_widen is a queue of parts: one joins at a time, Parts leave at a time, as soon as there
// are so many; one part less than two words fits in.

module stream_widen_properties #(
  parameter int unsigned InWidth = 2,
  parameter int unsigned Parts = 3
) (
  input logic clk_i
);

  (* anyseq *) logic [InWidth-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [Parts*InWidth-1:0] data_o;
  logic [InWidth-1:0] value;
  logic rst_ni, started, ready_o, valid_o, picked;
  logic [7:0] held, ahead;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  stream_widen #(.InWidth(InWidth), .Parts(Parts)) dut (.*);

  queue_check #(.OutElements(Parts), .Width(InWidth), .Capacity(2 * Parts - 1)) u_queue (
    .clk_i, .rst_ni, .started_i(started),
    .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i),
    .held_o(held), .picked_o(picked), .ahead_o(ahead), .value_o(value)
  );

  // Inside: parts that are not yet a word lie on top of parts_q, the newest uppermost.
  (* hierconn *) logic [(Parts-1)*InWidth-1:0] \dut.parts_q ;
  (* hierconn *) logic [$clog2(Parts)-1:0] \dut.u_part.value_o ;
  logic [7:0] loose, place;
  assign loose = held - (valid_o ? Parts : 0);
  assign place = ahead - (valid_o ? Parts : 0) + Parts - 1 - loose;

  always_comb begin
    if (started) begin
      assert (valid_o == (held >= Parts));
      assert (ready_o == (held < 2 * Parts - 1));
      assert (loose == \dut.u_part.value_o );
      assert (loose < Parts);
      if (picked && !(valid_o && ahead < Parts)) begin
        assert (\dut.parts_q [place*InWidth +: InWidth] == value);
      end
      if (picked && valid_o && ahead < Parts) begin
        assert (data_o[ahead*InWidth +: InWidth] == value);
      end
    end
    cover (started && held == 2 * Parts - 1);
  end

endmodule
