# SPDX-License-Identifier: BSD-3-Clause
"""Faults planted in copies of the modules: a proof that does not find them says too little."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hw_bnn import files
from hw_bnn.errors import HwBnnError
from hw_bnn.rtl.properties import PROOFS, Proof
from hw_bnn.rtl.properties.generated import modules


class Fault(NamedTuple):
    """Text of a module, and what stands there in a copy that is wrong."""

    module: str
    name: str
    old: str
    new: str
    proof: int = 0  # which of the module's proofs finds it
    depth: int = 8  # cycles at least


FAULTS = (
    Fault("fold_counter", "one too few", "Width'(Count - 1)", "Width'(Count - 2)"),
    Fault("fold_counter", "always steps", "else if (step_i)", "else"),
    Fault("fold_counter", "no wrap", "!rst_ni || wrap", "!rst_ni"),
    Fault("fold_counter", "carries late", "('1 << i)", "('1 << (i + 1))"),
    Fault("output_register", "two words, overwritten", "= !valid_q || ready_i;", "= 1'b1;"),
    Fault("output_register", "two words, spare skipped", "spare_valid_q ? spare_q : ", ""),
    Fault("output_register", "one word, overwritten", "= !(valid_i && valid_q);", "= 1'b1;"),
    Fault("stream_fifo", "pushes when full", "valid_i && ready_o", "valid_i"),
    Fault("stream_fifo", "pops when stalled", "valid_o && ready_i", "valid_o"),
    Fault("stream_fifo", "writes when full", "if (push) memory", "if (valid_i) memory"),
    Fault("stream_fifo", "short read counter", "Count(Words)) u_read", "Count(Words - 1)) u_read"),
    Fault("stream_fifo", "empty after push and pop", "else if (pop && !push)", "else if (pop)"),
    Fault("stream_fifo", "passes by", "= !filled_q && (!valid_q", "= (!valid_q"),
    Fault("stream_fifo", "front word changes", "if (direct || pop) is", "is"),
    Fault("stream_fifo", "compares late", "(write_address != pop", "(pushed_address != pop"),
    Fault("stream_fifo", "forgets what it gave", "else if (pop) popped_q", "else popped_q"),
    Fault("stream_fifo_gauge", "late", "if (count_d >", "if (count_q >"),
    Fault("stream_fifo_gauge", "counts no pop", " - 32'(pop)", ""),
    Fault("stream_widen", "takes when full", "= !(last && valid_q);", "= 1'b1;"),
    Fault("stream_widen", "first part on top", "{data_i, parts_q}", "{parts_q, data_i}"),
    Fault("stream_widen", "waiting word changes", "if (take && last) data_q", "if (last) data_q"),
    Fault("stream_narrow", "takes too early", "(last && ready_i)", "last"),
    Fault("stream_narrow", "parts pass when stalled", "valid_q && ready_i", "valid_q"),
    Fault("stream_narrow", "upper part first", "32'(part)*", "(Parts-1-32'(part))*"),
    Fault("stream_dwc", "narrowing starts unasked", ".valid_i(valid), ", ".valid_i(1'b1), "),
    Fault("stream_dwc", "word lost between stages", ".ready_i(ready)", ".ready_i(1'b1)"),
    Fault("stream_dwc", "wires never ready", "assign ready = ready_i", "assign ready = 1'b0"),
    Fault("replay_buffer", "no second pass", "load_q <= last_repeat", "load_q <= 1'b1"),
    Fault("replay_buffer", "words from nowhere", "(valid_i || !load_q)", "1'b1"),
    Fault("constant_memory", "does not hold", "if (en_i) data_q", "data_q"),
    Fault("constant_memory", "second does not hold", "if (en_i) second_q", "second_q"),
    Fault("full_adder", "carry of two", "(i[0] & i[2]) | ", ""),
    Fault("six_counter", "cast that yosys extends with a sign",
          "{2'b00, i[0]} + {2'b00, i[1]}", "3'(i[0]) + 3'(i[1])"),
    Fault("six_counter", "three not counted", "(ones == 2) || (ones == 3)", "(ones == 2)"),
    Fault("xnor_adder", "an XOR", "i[1] == i[3]", "i[1] != i[3]"),
    Fault("dual_lut", "lower half twice", "Init[{1'b1, in_i}]", "Init[{1'b0, in_i}]"),
    Fault("dual_lut", "sixth input low", ".I5(1'b1)", ".I5(1'b0)", 1),
    Fault("carry_chain", "no carry in", "carry[0] = carry_i", "carry[0] = 1'b0"),
    Fault("carry_chain", "chain of blocks broken", "c[4*b-1]", "1'b0", 1),
    Fault("ternary_adder", "carry-save bit lost", "{saved[i], y_i[i]", "{1'b0, y_i[i]"),
    Fault("ripple_adder", "no carry", " + SumWidth'(carry_i)", ""),
    Fault("ripple_adder", "nothing generated", ".generate_i(a_i)", ".generate_i('0)", 1),
    Fault("ripple_sign", "lowest bit", "sum[Width-1];", "sum[0];"),
    Fault("compressor", "fours added as twos", "= count[2];", "= count[1];"),
    Fault("compressor", "does not hold", "else if (en_i) begin", "else begin", 1),
    Fault("popcount", "missing lane counted", "assign w[i] = 1'b1;", "assign w[i] = 1'b0;"),
    Fault("popcount", "does not hold", "if (en_i) bits_q", "bits_q", 1),
    Fault("xnor_pe", "sum goes on", "(!rst_ni || done) sum_q", "(!rst_ni) sum_q"),
    Fault("level_counter", "goes on counting", "? '0 : level_q", "? level_q : level_q"),
    Fault("level_unit", "ends early", "compare_last_q <= last_read", "compare_last_q <= 1'b1"),
    Fault("xnor_mvau", "no start value", "(synapse == '0)", "1'b0"),
    Fault("xnor_mvau", "idle cycles count", " <= weights_valid_q", " <= 1'b1"),
    Fault("xnor_mvau", "folds beside the wrong weights", "neuron_q <= read_neuron;",
          "neuron_q <= '0;", 2),
    Fault("stream_fork", "given again", "else due_q <= waiting", "else due_q <= due_q"),
    Fault("stream_fork", "one is not waited for", "(waiting == '0)", "(waiting[0] == 1'b0)"),
    Fault("stream_fork", "waiting word changes", "if (ready_o) data_q", "data_q"),
    Fault("stream_add", "carry cut off", "data_q <= sums", "data_q <= sums & {Lanes{{1'b0, "
          "{(SumBits-1){1'b1}}}}}"),
    Fault("stream_add", "takes one without the other", "(&valid_i) &&", "(|valid_i) &&"),
    Fault("stream_add", "overwrites waiting sums", "(!valid_q || ready_i)", "1'b1"),
    Fault("input_quantiser", "greater, not equal", "above = 1'b1;", "above = 1'b0;"),
    Fault("input_quantiser", "never falls", "above ^ field[Field-1]", "above"),
    Fault("input_quantiser", "thresholds run on", ".step_i(valid_i && en)", ".step_i(en)"),
    Fault("input_quantiser", "comparisons do not hold", "if (en) reached_q", "reached_q"),
    Fault("block_counter", "last block is whole", "(Extent - 1) % Step", "Step - 1"),
    Fault("block_counter", "a kernel ends late", "phase_d == PhaseBits", "phase_q == PhaseBits"),
    Fault("frame_counter", "a column too many", "< PadLeft + ImageW", "<= PadLeft + ImageW",
          depth=18),
    Fault("block_max", "starts from the last block", "first || new_value", "new_value"),
    Fault("block_max", "overwrites a waiting result", "!last || !valid_q || ready_i", "1'b1"),
    Fault("label_select", "last of equal scores", "data_i > largest_q", "data_i >= largest_q"),
    Fault("label_select", "overwrites a waiting label", "!last || !valid_q || ready_i", "1'b1"),
    Fault("label_select", "last score not looked at", "better ? label : best_q", "best_q"),
    Fault("stream_window", "reads ahead of the input", "!distance[AddressBits] && ", ""),
    Fault("stream_window", "overwrites its ring", "full_q <= fills", "full_q <= 1'b0", 2),
    Fault("stream_window", "a full ring stays full", "if (moves) full_q", "if (1'b0) full_q", 2),
    Fault("stream_window", "a frame waits for the next image", "valid_i || !(in_image || start)",
          "valid_i", 1),
    Fault("stream_window", "no stride along a row", "pointer_t'(StrideW * Folds)",
          "pointer_t'(Folds)", 2),
    Fault("stream_window", "next image too early", "!image_ends ? RowStep : ImageStep", "RowStep"),
    Fault("stream_window", "a row ends late", "(KernelWords - 2)", "(KernelWords - 1)"),
    Fault("stream_window_whole", "window overwritten", "&& (!valid_q || ready_i);\n  assign ready",
          ";\n  assign ready"),
    Fault("stream_window_whole", "a frame waits for the next image",
          "valid_i || !(in_image || start)", "valid_i", 1),
    Fault("stream_window_whole", "no stride along a row", "% StrideW == 0", "% 1 == 0", 1),
    Fault("stream_window_whole", "row above one column early", "memory[address_q] <=",
          "memory[address] <=", depth=14),
    Fault("stream_window_whole", "windows at every position of a row", "(i + 1 >= KernelW) && ",
          "", depth=14),
    Fault("stream_window_rows", "a word of the columns lost", ".ready_i(ready)", ".ready_i(1'b1)",
          depth=14),
    Fault("stream_window_rows", "swallows its columns", ".rst_ni, .data_i(data)",
          ".rst_ni(1'b0), .data_i(data)"),
    Fault("stream_window_rows", "no stride along a row", ".StrideW(StrideW)", ".StrideW(1)", 1),
    Fault("stream_window_rows", "positions of other columns", ".Folds(KernelH)", ".Folds(1)",
          depth=14),
    Fault("stream_max_pool", "swallows its input", ".clk_i, .rst_ni, .data_i(data)",
          ".clk_i, .rst_ni(1'b0), .data_i(data)"),
    Fault("constant_stream", "logic goes on", ".enable_i(ready_o)", ".enable_i(1'b1)"),
    Fault("constant_stream", "inputs from nowhere", "({valid_q, valid_i})", "({valid_q, 1'b1})"),
    Fault("constant_stream", "valid too early", "valid_q[1]", "valid_q[0]"),
    Fault("constant_stream", "locks up", "valid_i(valid), .ready_o", "valid_i(1'b0), .ready_o"),
    Fault("stream_max_pool", "takes what is not there", ".valid_i(valid), ", ".valid_i(1'b1), "),
)  # fmt: skip


def faults_of(proof: Proof) -> list[Fault]:
    """Return the faults that `proof` is to find."""
    same = [other for other in PROOFS if other.module == proof.module]
    return [f for f in FAULTS if f.module == proof.module and same[f.proof] == proof]


def plant(fault: Fault, folder: Path) -> list[Path]:
    """Return all modules, that of `fault` from a wrong copy; what is written goes to `folder`.

    Raises:
        HwBnnError: if the module does not hold the text that the fault replaces.
    """
    paths = {path.stem: path for path in modules(folder)}
    text = paths[fault.module].read_text()
    if fault.old not in text:
        raise HwBnnError(
            f"fault '{fault.name}': {fault.module} has no {fault.old!r}; plant it elsewhere"
        )
    paths[fault.module] = folder / f"{fault.module}.sv"
    files.write_text(paths[fault.module], text.replace(fault.old, fault.new))
    return list(paths.values())
