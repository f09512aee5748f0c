// SPDX-License-Identifier: BSD-3-Clause
// stream_fifo is a queue that takes and gives a word whenever it is not full and not empty.

module stream_fifo_properties #(
  parameter int unsigned Width = 2,
  parameter int unsigned Depth = 3,
  parameter int unsigned TableDepth = 64,
  localparam bit Front = (Depth > TableDepth),  // the front word is not in the ring
  localparam int unsigned Words = Depth - 32'(Front),
  localparam int unsigned AddressBits = $clog2(Words)
) (
  input logic clk_i
);

  (* anyseq *) logic [Width-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [Width-1:0] data_o, value;
  logic rst_ni, started, ready_o, valid_o, picked;
  logic [7:0] held, ahead, in_ring;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  stream_fifo #(.Width(Width), .Depth(Depth), .TableDepth(TableDepth)) dut (.*);

  queue_check #(.Width(Width), .Capacity(Depth)) u_queue (
    .clk_i, .rst_ni, .started_i(started),
    .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i),
    .held_o(held), .picked_o(picked), .ahead_o(ahead), .value_o(value)
  );

  // Inside: the words behind a front word lie in the ring from the read address on.
  (* hierconn *) logic [AddressBits-1:0] \dut.read_address , \dut.write_address ;
  (* hierconn *) logic [AddressBits-1:0] \dut.formal_address ;
  (* hierconn *) logic [Width-1:0] \dut.formal_word ;
  (* hierconn *) logic [AddressBits-1:0] \dut.pushed_address , \dut.popped_address ;
  (* hierconn *) logic \dut.filled_q ;
  assign in_ring = held - 8'(Front && held > 0);
  always_comb begin
    assume (\dut.formal_address == AddressBits'((\dut.read_address + ahead - 8'(Front)) % Words));
  end

  always_comb begin
    if (started) begin
      assert (ready_o == (held < Depth));
      assert (valid_o == (held > 0));
      assert (\dut.read_address < Words);
      assert (\dut.write_address == (\dut.read_address + in_ring) % Words);
      assert (\dut.write_address == (\dut.pushed_address + 1) % Words);
      assert (\dut.read_address == (\dut.popped_address + 1) % Words);
      assert (\dut.pushed_address < Words && \dut.popped_address < Words);
      assert (\dut.filled_q == (in_ring > 0));
      if (picked) assert ((Front && ahead == 0 ? data_o : \dut.formal_word ) == value);
    end
    cover (started && held == Depth);
    cover (started && held == 0 && \dut.read_address == Words - 1);
  end

endmodule
