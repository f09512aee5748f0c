// SPDX-License-Identifier: BSD-3-Clause
// A unit between two streams is a queue of elements: InElements join it with every input word,
// OutElements leave it with every output word, lowest bits first.
//
//   hold:      once out_valid is high, it and the data stay until out_ready
//   no more:   a valid output word consists of elements that came in and have not left
//   no less:   at most Capacity elements are inside
//   order:     an element that is picked at any time from any lane comes out unchanged, after
//              exactly those that were ahead of it
//
// The picked element is exported, so that a harness can say where in the unit it lies, which is
// what makes the proof inductive.

module queue_check #(
  parameter int unsigned InElements = 1,
  parameter int unsigned OutElements = 1,
  parameter int unsigned Width = 1,     // bits of an element
  parameter int unsigned Capacity = 1,
  localparam int unsigned Bits = 8
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  input  logic                         started_i,
  input  logic [InElements*Width-1:0]  in_data_i,
  input  logic                         in_valid_i,
  input  logic                         in_ready_i,
  input  logic [OutElements*Width-1:0] out_data_i,
  input  logic                         out_valid_i,
  input  logic                         out_ready_i,
  output logic [Bits-1:0]              held_o,    // elements inside
  output logic                         picked_o,  // one of them is followed
  output logic [Bits-1:0]              ahead_o,   // elements ahead of it
  output logic [Width-1:0]             value_o
);

  (* anyseq *) logic pick;
  (* anyseq *) logic [Bits-1:0] lane;
  logic [Bits-1:0] held_q, ahead_q, left;
  logic [Width-1:0] value_q;
  logic picked_q, push, pop;

  assign push = in_valid_i && in_ready_i;
  assign pop = out_valid_i && out_ready_i;
  assign left = pop ? Bits'(OutElements) : '0;
  assign held_o = held_q;
  assign picked_o = picked_q;
  assign ahead_o = ahead_q;
  assign value_o = value_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      held_q <= '0;
      picked_q <= 1'b0;
    end else begin
      held_q <= held_q + (push ? Bits'(InElements) : '0) - left;
      if (picked_q) begin
        picked_q <= (ahead_q >= left);
        ahead_q <= ahead_q - left;
      end else if (push && pick && (lane < InElements)) begin
        picked_q <= 1'b1;
        ahead_q <= held_q - left + lane;
        value_q <= in_data_i[lane*Width +: Width];
      end
    end
  end

  always_comb begin
    if (started_i) begin
      assert (held_q <= Capacity);
      assert (!picked_q || ahead_q < held_q);
      if (rst_ni && out_valid_i) begin
        assert (held_q >= OutElements);
        if (picked_q && ahead_q < OutElements) begin
          assert (out_data_i[ahead_q*Width +: Width] == value_q);
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (started_i && rst_ni && $past(started_i && rst_ni && out_valid_i && !out_ready_i)) begin
      assert (out_valid_i);
      assert ($stable(out_data_i));
    end
  end

endmodule
