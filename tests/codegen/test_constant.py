# SPDX-License-Identifier: BSD-3-Clause
"""Layers of constant weights: netlist and Verilog against integer arithmetic, bit for bit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw_bnn import files
from hw_bnn.codegen.constant import MODULES, ConstantLayer, network, to_netlist
from hw_bnn.codegen.constant_netlist import ZERO, Bit, Netlist
from hw_bnn.codegen.constant_stream import stream
from hw_bnn.codegen.verilog import Unit, padded, wrapper
from hw_bnn.errors import HwBnnError
from hw_bnn.rtl import FOLDER, sources
from hw_bnn.tools.process import run
from hw_bnn.tools.verilator import compile_simulator, lint
from hw_bnn.tools.yosys import find_yosys


def expected(layers, inputs):
    """Result bits of inputs [n, inputs] by counting agreements."""
    x = inputs
    for layer in layers:
        popcounts = (x[:, :, None] == layer.weights).sum(axis=1)
        if layer.thresholds is None:
            return (popcounts[:, :, None] >> np.arange(layer.out_bits) & 1).reshape(len(x), -1) > 0
        x = popcounts >= layer.thresholds
    return x


def evaluate(netlist, results, inputs):
    """Result bits of inputs [n, inputs] by what each node of the netlist stands for."""
    values = [inputs.astype(int)]

    def bit(source):
        if source.node < 0:
            return np.full(len(inputs), source.place)
        return values[source.node][:, source.place] ^ source.inverted

    for node in netlist.nodes[1:]:
        pins = {name: [bit(source) for source in word] for name, word in node.pins}
        if node.module == "full_adder":
            total = sum(pins["bits_i"])
        else:
            words = (pins["a_i"], pins["b_i"], pins["carry_i"])
            total = sum(value << i for word in words for i, value in enumerate(word))
        first = len(pins["a_i"]) - 1 if node.module == "ripple_sign" else 0
        values.append(total[:, None] >> np.arange(first, first + node.width) & 1)
    return np.stack([bit(source) for source in results], axis=1) > 0


def layer(rng, inputs, outputs, *, share=0.5, sums=False):
    """Draw a layer; thresholds from "always" to "never"."""
    weights = rng.random((inputs, outputs)) < share
    return ConstantLayer(weights, None if sums else rng.integers(0, inputs + 2, outputs))


def vectors(rng, layers, number):
    """All equal, single ones, each output's best and worst match, random."""
    size = len(layers[0].weights)
    best = layers[0].weights.T
    drawn = rng.random((number, size)) < 0.5
    some = (np.zeros((1, size), bool), np.ones((1, size), bool), np.eye(size, dtype=bool))
    return np.concatenate([*some, best, ~best, drawn])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.integers(1, 60), st.integers(1, 9)),
    share=st.sampled_from([0.0, 0.1, 0.5, 0.5, 0.9, 1.0]),
    sums=st.booleans(),
)
def test_netlist_of_a_layer(seed, sizes, share, sums):
    rng = np.random.default_rng(seed)
    layers = [layer(rng, *sizes, share=share, sums=sums)]
    inputs = vectors(rng, layers, 50)
    assert (evaluate(*to_netlist(layers), inputs) == expected(layers, inputs)).all()


def test_netlist_of_a_network():
    rng = np.random.default_rng(0)
    layers = [layer(rng, 100, 20), layer(rng, 20, 12), layer(rng, 12, 5, sums=True)]
    layers[0].thresholds[:] = rng.integers(45, 56, 20)
    inputs = vectors(rng, layers, 300)
    assert (evaluate(*to_netlist(layers), inputs) == expected(layers, inputs)).all()


def test_equal_outputs_cost_little_more_than_one():
    rng = np.random.default_rng(0)
    one = ConstantLayer(rng.random((120, 1)) < 0.5, np.array([60]))
    same = ConstantLayer(np.repeat(one.weights, 3, axis=1), np.repeat(60, 3))
    assert to_netlist([same])[0].cost() < 1.4 * to_netlist([one])[0].cost()


def test_outputs_share():
    rng = np.random.default_rng(0)
    many = ConstantLayer(rng.random((128, 32)) < 0.5, np.repeat(64, 32))
    alone = ConstantLayer(many.weights[:, :1], many.thresholds[:1])
    assert to_netlist([many])[0].cost() < 0.6 * 32 * to_netlist([alone])[0].cost()


def test_same_text_for_the_same_layer():
    layers = [layer(np.random.default_rng(0), 40, 6)]
    assert network("n", layers, 2) == network("n", layers, 2)


def test_full_adders_are_shared_and_inline_ones_follow_their_adder():
    netlist = Netlist(9)
    x = [Bit(0, i) for i in range(9)]
    first = netlist.full_adder(x[:3])
    assert netlist.full_adder([x[1], x[2], x[0]]) == first
    second = netlist.full_adder([*first.bits, x[3]])
    inline = netlist.inline_adder(x[4:7])
    assert inline != netlist.inline_adder(x[4:7])
    netlist.add(second.bits, inline.bits, ZERO, 3)
    level = netlist.levels
    assert [level[second.bits[0].node], level[inline.bits[0].node], level[-1]] == [2, 3, 3]


@pytest.mark.rtl
@pytest.mark.parametrize(
    ("sizes", "stages", "sums"),
    [((1, 1), 0, False), ((2, 3), 1, True), ((30, 9), 0, True), ((70, 12), 1, False),
     ((64, 16, 8, 3), 4, True), ((12, 2), 9, False)],
)  # fmt: skip
def test_verilog_as_a_stream(tmp_path, sizes, stages, sums):
    rng = np.random.default_rng(sum(sizes))
    shapes = list(itertools.pairwise(sizes))
    layers = [layer(rng, *shape) for shape in shapes[:-1]] + [layer(rng, *shapes[-1], sums=sums)]
    for one in layers[:-1]:
        one.thresholds[:] = len(one.weights) // 2
    inputs = vectors(rng, layers, 200)
    bits = expected(layers, inputs)
    texts = stream("unit", layers, stages)
    for name, text in texts.items():
        files.write_text(tmp_path / name, text)
    own = [tmp_path / name for name in texts]
    lint([*own, *sources()], "unit", tmp_path)
    files.write_text(tmp_path / "top.v", wrapper(Unit("top", "unit", {}, sizes[0], bits.shape[1])))
    simulator = compile_simulator(
        [*own, tmp_path / "top.v", *sources()], "top", tmp_path,
        padded(sizes[0]) // 8, padded(bits.shape[1]) // 8,
    )  # fmt: skip
    beats = np.packbits(inputs, axis=1, bitorder="little")
    free = simulator.run(beats, len(beats))
    slow = simulator.run(beats, len(beats), idle=0.3, backpressure=0.4, seed=1)
    for result in (free, slow):
        got = np.unpackbits(result.outputs, axis=1, bitorder="little", count=bits.shape[1])
        assert (got == bits).all()
    assert (np.diff(free.in_cycles) == 1).all()
    assert (free.out_cycles - free.in_cycles == stages + 1).all()


@pytest.mark.rtl
@pytest.mark.parametrize("sums", [False, True])
def test_what_synthesis_reads_is_the_popcount(tmp_path, sums):
    """Proved by yosys over all inputs, with its models of the primitives."""
    one = layer(np.random.default_rng(3), 13, 4, sums=sums)
    bits = 4 * one.out_bits
    terms = []
    for h, column in enumerate(one.weights.T):
        count = " + ".join(f"(a[{i}] == 1'b{int(w)})" for i, w in enumerate(column))
        terms.append(count if sums else f"(({count}) >= {one.thresholds[h]})")
    wide = [f"{one.out_bits}'({term})" for term in reversed(terms)]
    (tmp_path / "same.sv").write_text(
        f"module same (input logic [12:0] a, output logic ok);\n  logic [{bits - 1}:0] y;\n"
        "  layer u (.data_i(a), .data_o(y));\n"
        f"  assign ok = (y == {{{', '.join(wide)}}});\nendmodule\n" + network("layer", [one])
    )
    for name in MODULES:
        files.write_text(tmp_path / f"{name}.sv", (FOLDER / f"{name}.sv").read_text())
    script = (
        f"read_verilog -sv same.sv {' '.join(f'{name}.sv' for name in MODULES)}; "
        "read_verilog +/xilinx/cells_sim.v; hierarchy -top same; "
        "select -assert-min 1 t:*LUT6_2 t:*CARRY4; proc; flatten; opt; sat -verify -prove ok 1"
    )
    text = run([*find_yosys().command, "-Q", "-p", script], tmp_path, name="yosys")
    assert "proof finished - no model found: SUCCESS" in text


def test_errors():
    weights = np.ones((4, 2), bool)
    with pytest.raises(HwBnnError, match=r"weights must be bool .* not int64 \[4, 2\]"):
        ConstantLayer(weights.astype(np.int64), None)
    with pytest.raises(HwBnnError, match=r"thresholds must be \[2\], .* not \[3\]"):
        ConstantLayer(weights, np.zeros(3, np.int64))
    one = ConstantLayer(weights, np.zeros(2, np.int64))
    with pytest.raises(HwBnnError, match=r"layer 0 gives 2 results of 1 bits, .* wants 4 bits"):
        network("n", [one, one])
    with pytest.raises(HwBnnError, match="layer 0 gives 2 results of 3 bits"):
        network("n", [ConstantLayer(weights, None), ConstantLayer(weights[:2], None)])
    with pytest.raises(HwBnnError, match="there are none"):
        network("n", [])
    with pytest.raises(HwBnnError, match="stages must be 0 or more, not -1"):
        network("n", [one], -1)
