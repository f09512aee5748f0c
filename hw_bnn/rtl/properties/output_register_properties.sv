// SPDX-License-Identifier: BSD-3-Clause
// output_register is a queue of one word, or of two with EveryCycle = 1, which then takes a word
// in every cycle from an empty start as long as the consumer is ready.

module output_register_properties #(
  parameter int unsigned Width = 2,
  parameter bit          EveryCycle = 1'b0,
  localparam int unsigned Capacity = EveryCycle ? 2 : 1
) (
  input logic clk_i
);

  (* anyseq *) logic [Width-1:0] data_i;
  (* anyseq *) logic valid_i, ready_i;
  logic [Width-1:0] data_o, value;
  logic rst_ni, started, ready_o, valid_o, picked;
  logic [7:0] held, ahead;

  formal_reset u_reset (.clk_i, .rst_no(rst_ni), .started_o(started));

  output_register #(.Width(Width), .EveryCycle(EveryCycle)) dut (.*);

  queue_check #(.Width(Width), .Capacity(Capacity)) u_queue (
    .clk_i, .rst_ni, .started_i(started),
    .in_data_i(data_i), .in_valid_i(valid_i), .in_ready_i(ready_o),
    .out_data_i(data_o), .out_valid_i(valid_o), .out_ready_i(ready_i),
    .held_o(held), .picked_o(picked), .ahead_o(ahead), .value_o(value)
  );

  (* hierconn *) logic [Width-1:0] \dut.gen_two.spare_q ;
  (* hierconn *) logic \dut.gen_two.spare_valid_q ;
  if (!EveryCycle) begin : gen_no_spare
    assign \dut.gen_two.spare_q = '0;
    assign \dut.gen_two.spare_valid_q = 1'b0;
  end

  always_comb begin
    if (started) begin
      assert (valid_o == (held > 0));
      if (EveryCycle) assert (ready_o == (held < 2));
      else assert (ready_o == !(valid_i && held > 0));
      assert (\dut.gen_two.spare_valid_q == (held == 2));
      if (picked && ahead == 0) assert (data_o == value);
      if (picked && ahead == 1) assert (\dut.gen_two.spare_q == value);
    end
    cover (started && held == Capacity && ready_i);
  end

endmodule
