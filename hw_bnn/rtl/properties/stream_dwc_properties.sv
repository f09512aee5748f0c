// SPDX-License-Identifier: BSD-3-Clause
// stream_dwc is a queue of bits, InWidth of them in and OutWidth out at a time. Equal widths are
// wires. Once producer and consumer have been ready for WarmUp cycles, the narrower side moves a
// word in every cycle.

module stream_dwc_properties #(
  parameter int unsigned InWidth = 2,
  parameter int unsigned OutWidth = 3,
  parameter int unsigned Wide = 6,  // least common multiple
  parameter int unsigned WarmUp = 4
) (
  input logic clk_i
);

  localparam bit Widen = (Wide != InWidth);
  localparam bit Narrow = (Wide != OutWidth);
  localparam int unsigned WidenParts = Widen ? Wide / InWidth : 2;
  localparam int unsigned NarrowParts = Narrow ? Wide / OutWidth : 2;

  (* anyseq *) logic [InWidth-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [OutWidth-1:0] data_o;
  logic rst_ni, started, ready_o, valid_o;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  stream_dwc #(.InWidth(InWidth), .OutWidth(OutWidth)) dut (.*);

  // Inside: the oldest bits in the narrowing stage, then a whole word in the widening stage, then
  // the parts of the next word, the newest uppermost.
  (* hierconn *) logic \dut.gen_widen.u_widen.valid_q , \dut.gen_narrow.u_narrow.valid_q ;
  (* hierconn *) logic [Wide-1:0] \dut.gen_widen.u_widen.data_q ;
  (* hierconn *) logic [Wide-1:0] \dut.gen_narrow.u_narrow.data_q ;
  (* hierconn *) logic [(WidenParts-1)*InWidth-1:0] \dut.gen_widen.u_widen.parts_q ;
  (* hierconn *) logic [$clog2(WidenParts)-1:0] \dut.gen_widen.u_widen.u_part.value_o ;
  (* hierconn *) logic [$clog2(NarrowParts)-1:0] \dut.gen_narrow.u_narrow.u_part.value_o ;
  if (!Widen) begin : gen_no_widen
    assign \dut.gen_widen.u_widen.valid_q = 1'b0;
    assign \dut.gen_widen.u_widen.data_q = '0;
    assign \dut.gen_widen.u_widen.parts_q = '0;
    assign \dut.gen_widen.u_widen.u_part.value_o = '0;
  end
  if (!Narrow) begin : gen_no_narrow
    assign \dut.gen_narrow.u_narrow.valid_q = 1'b0;
    assign \dut.gen_narrow.u_narrow.data_q = '0;
    assign \dut.gen_narrow.u_narrow.u_part.value_o = '0;
  end

  if (InWidth == OutWidth) begin : gen_wires
    always_comb assert (data_o == data_i && valid_o == valid_i && ready_o == ready_i);
  end else begin : gen_queue
    logic picked, value;
    logic [7:0] held, ahead, in_narrow, in_word, loose, place;
    queue_check #(
      .InElements(InWidth), .OutElements(OutWidth),
      .Capacity((Widen ? 2 * Wide - InWidth : 0) + (Narrow ? Wide : 0))
    ) u_queue (
      .clk_i, .rst_ni, .started_i(started),
      .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_i(ready_o),
      .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i),
      .held_o(held), .picked_o(picked), .ahead_o(ahead), .value_o(value)
    );

    assign in_narrow = \dut.gen_narrow.u_narrow.valid_q
                     ? Wide - OutWidth * \dut.gen_narrow.u_narrow.u_part.value_o : 0;
    assign in_word = \dut.gen_widen.u_widen.valid_q ? Wide : 0;
    assign loose = InWidth * \dut.gen_widen.u_widen.u_part.value_o ;
    assign place = ahead - in_narrow - in_word + (WidenParts - 1) * InWidth - loose;
    always_comb begin
      if (started) begin
        assert (held == in_narrow + in_word + loose);
        assert (\dut.gen_widen.u_widen.u_part.value_o < WidenParts);
        assert (\dut.gen_narrow.u_narrow.u_part.value_o < NarrowParts);
        if (!\dut.gen_narrow.u_narrow.valid_q ) begin
          assert (\dut.gen_narrow.u_narrow.u_part.value_o == 0);
        end
        if (picked) begin
          if (ahead < in_narrow) begin
            assert (\dut.gen_narrow.u_narrow.data_q [Wide - in_narrow + ahead] == value);
          end else if (ahead - in_narrow < in_word) begin
            assert (\dut.gen_widen.u_widen.data_q [ahead - in_narrow] == value);
          end else begin
            assert (\dut.gen_widen.u_widen.parts_q [place] == value);
          end
        end
      end
      cover (started && picked && ahead < OutWidth && valid_o && ready_i);
    end

    logic [7:0] eager_q;  // cycles for which both sides have been ready
    always_ff @(posedge clk_i) begin
      if (!rst_ni || !valid_i || !ready_i) eager_q <= '0;
      else if (eager_q < WarmUp) eager_q <= eager_q + 1'b1;
    end
    always_comb begin
      if (started && rst_ni && valid_i && ready_i && eager_q == WarmUp) begin
        if (InWidth < OutWidth) assert (ready_o);
        else assert (valid_o);
      end
      cover (started && eager_q == WarmUp && ready_o && valid_o);
    end
  end

endmodule
