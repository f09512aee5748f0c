// SPDX-License-Identifier: BSD-3-Clause
// stream_fifo_gauge is a stream_fifo; max_count_o is the largest number of words since reset.

module stream_fifo_gauge_properties #(
  parameter int unsigned Width = 2,
  parameter int unsigned Depth = 3,
  localparam int unsigned AddressBits = $clog2(Depth)
) (
  input logic clk_i
);

  (* anyseq *) logic [Width-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [Width-1:0] data_o, value;
  logic rst_ni, started, ready_o, valid_o, picked;
  logic [7:0] held, ahead;
  logic [31:0] max_count_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  stream_fifo_gauge #(.Width(Width), .Depth(Depth)) dut (.*);

  queue_check #(.Width(Width), .Capacity(Depth)) u_queue (
    .clk_i, .rst_ni, .started_i(started),
    .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i),
    .held_o(held), .picked_o(picked), .ahead_o(ahead), .value_o(value)
  );

  // It starts at zero, covers the present number, and moves only up to that number.
  (* hierconn *) logic [31:0] \dut.count_q ;
  always_comb begin
    if (started) begin
      assert (\dut.count_q == 32'(held));
      assert (max_count_o >= 32'(held));
    end
    cover (started && max_count_o == Depth && held == 0);
  end
  always_ff @(posedge clk_i) begin
    if (started && $past(!rst_ni)) assert (max_count_o == 0);
    else if (started && !$stable(max_count_o)) assert (max_count_o == 32'(held));
    if (started && $past(started && rst_ni)) assert (max_count_o >= $past(max_count_o));
  end

  // Inside: the words lie in the memory from the read address on.
  (* hierconn *) logic [AddressBits-1:0] \dut.u_fifo.read_address , \dut.u_fifo.write_address ;
  (* hierconn *) logic [AddressBits-1:0] \dut.u_fifo.formal_address ;
  (* hierconn *) logic [Width-1:0] \dut.u_fifo.formal_word ;
  (* hierconn *) logic \dut.u_fifo.filled_q ;
  always_comb assume (\dut.u_fifo.formal_address
                      == AddressBits'((\dut.u_fifo.read_address + ahead) % Depth));

  always_comb begin
    if (started) begin
      assert (ready_o == (held < Depth));
      assert (valid_o == (held > 0));
      assert (\dut.u_fifo.read_address < Depth);
      assert (\dut.u_fifo.write_address == (\dut.u_fifo.read_address + held) % Depth);
      assert (\dut.u_fifo.filled_q == (held > 0));
      if (picked) assert (\dut.u_fifo.formal_word == value);
    end
  end

endmodule
