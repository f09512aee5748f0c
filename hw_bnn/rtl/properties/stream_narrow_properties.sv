// SPDX-License-Identifier: BSD-3-Clause
// stream_narrow is a queue of parts: Parts join at a time, when the last one leaves or none is
// left, and one leaves at a time.

module stream_narrow_properties #(
  parameter int unsigned OutWidth = 2,
  parameter int unsigned Parts = 3
) (
  input logic clk_i
);

  (* anyseq *) logic [Parts*OutWidth-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [OutWidth-1:0] data_o, value;
  logic rst_ni, started, ready_o, valid_o, picked;
  logic [7:0] held, ahead;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  stream_narrow #(.OutWidth(OutWidth), .Parts(Parts)) dut (.*);

  queue_check #(.InElements(Parts), .Width(OutWidth), .Capacity(Parts)) u_queue (
    .clk_i, .rst_ni, .started_i(started),
    .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i),
    .held_o(held), .picked_o(picked), .ahead_o(ahead), .value_o(value)
  );

  // Inside: the parts that are left lie on top of data_q.
  (* hierconn *) logic [Parts*OutWidth-1:0] \dut.data_q ;
  (* hierconn *) logic [$clog2(Parts)-1:0] \dut.u_part.value_o ;

  always_comb begin
    if (started) begin
      assert (valid_o == (held > 0));
      assert (ready_o == (held == 0 || (held == 1 && ready_i)));
      assert (held == (valid_o ? Parts - \dut.u_part.value_o : 0));
      if (!valid_o) assert (\dut.u_part.value_o == 0);
      if (picked) begin
        assert (\dut.data_q [(\dut.u_part.value_o + ahead)*OutWidth +: OutWidth] == value);
      end
    end
    cover (started && held == 1 && ready_i && valid_i);
  end

endmodule
