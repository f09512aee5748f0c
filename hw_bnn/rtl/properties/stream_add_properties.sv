// SPDX-License-Identifier: BSD-3-Clause
// stream_add is a queue of one word of sums. Words of both streams are taken together, whenever
// both are there and the last sums have left or leave.

module stream_add_properties #(
  parameter int unsigned Lanes = 2,
  parameter int unsigned ABits = 2,
  parameter int unsigned BBits = 2,
  parameter int unsigned SumBits = 3,
  localparam int unsigned AWidth = Lanes * ABits
) (
  input logic clk_i
);

  (* anyseq *) logic [Lanes*(ABits+BBits)-1:0] data_i;
  (* anyseq *) logic [1:0] valid_i;
  (* anyseq *) logic ready_i;
  logic [Lanes*SumBits-1:0] data_o, sums, value;
  logic [1:0] ready_o;
  logic [7:0] held, ahead;
  logic rst_ni, started, valid_o, picked;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  stream_add #(.Lanes(Lanes), .ABits(ABits), .BBits(BBits)) dut (.*);

  always_comb begin
    sums = '0;
    for (int i = 0; i < Lanes; i++) begin
      sums = sums | ((data_i[i*ABits +: ABits] + 32'(data_i[AWidth + i*BBits +: BBits]))
                     << (i * SumBits));
    end
  end

  queue_check #(.Width(Lanes*SumBits), .Capacity(1)) u_queue (
    .clk_i, .rst_ni, .started_i(started),
    .in_data_i(sums), .in_valid_i(valid_i[0]), .in_ready_i(ready_o[0]),
    .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i),
    .held_o(held), .picked_o(picked), .ahead_o(ahead), .value_o(value)
  );

  always_comb begin
    if (started) begin
      assert ((valid_i & ready_o) == {2{&valid_i && (held == 0 || ready_i)}});
      assert (valid_o == (held > 0));
      if (picked) assert (data_o == value);
    end
    cover (started && valid_o && !ready_i && &valid_i);
    cover (started && valid_o && data_o[SumBits-1]);
  end

endmodule
