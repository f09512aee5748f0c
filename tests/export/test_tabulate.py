# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw_bnn.errors import HwBnnError
from hw_bnn.export import thresholds as thresholds_module
from hw_bnn.export.inputs import InputKind, grid, pixel_thresholds, to_pixels
from hw_bnn.export.levels import Levels, find_levels
from hw_bnn.export.model import load_model
from hw_bnn.export.network import read_network
from hw_bnn.export.tabulate import sums_of, tabulate_chain, take_apart
from hw_bnn.export.thresholds import Table, read_thresholds
from tests.networks import CHAINS, Graph, signs

BIPOLAR = Levels(-1, 1, 2, 1.0)


def thresholds(table, layer="fc"):
    """Read a table over all sums of its bits; the sums ascend by 2."""
    synapses = len(table) - 1
    sums = np.arange(-synapses, synapses + 3, 2)
    no_pool = np.zeros(table.shape[1], dtype=bool)
    return read_thresholds(Table(table, sums, no_pool), find_levels(table, "activation"), layer)


def popcounts(found, synapses):
    """Thresholds on the popcount: z = 2P - K."""
    return (found.values[:, 0] + synapses) // 2


def monotonic_tables():
    """Tables [K+1, channels] of -s and +s that flip at most once a channel."""

    @st.composite
    def draw_table(draw):
        synapses = draw(st.integers(1, 70))
        channels = draw(st.integers(1, 6))
        scale = draw(st.sampled_from([0.25, 1.0, 2.0]))
        table = np.empty((synapses + 1, channels), dtype=np.float32)
        for channel in range(channels):
            at, rising = draw(st.integers(0, synapses + 1)), draw(st.booleans())
            table[:at, channel], table[at:, channel] = (-1, 1) if rising else (1, -1)
        return table * np.float32(scale), scale

    return draw_table()


@settings(max_examples=200, deadline=None)
@given(drawn=monotonic_tables())
def test_thresholds_say_what_the_table_says(drawn):
    """y = +1 iff P >= t, with P counted on negated weights where inverted."""
    table, scale = drawn
    found = thresholds(table)
    synapses = len(table) - 1
    assert find_levels(table, "activation").scale == scale
    least = popcounts(found, synapses)
    assert least.min() >= 0
    assert least.max() <= synapses + 1
    for channel in range(table.shape[1]):
        for popcount in range(synapses + 1):
            counted = synapses - popcount if found.inverted[channel] else popcount
            plus = counted >= least[channel]
            assert table[popcount, channel] == (scale if plus else -scale)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    names=st.lists(st.sampled_from(sorted(CHAINS)), min_size=1, max_size=3),
    synapses=st.integers(1, 40),
    channels=st.integers(1, 8),
)
def test_thresholds_equal_a_brute_force_scan(tmp_path_factory, seed, names, synapses, channels):
    """Every reachable sum, produced by an input that really gives it, through the whole source."""
    rng = np.random.default_rng(seed)
    g = Graph((synapses,), 13)
    g.binarise()
    g.matmul(np.ones((synapses, channels)))
    for name in names:
        CHAINS[name](g, rng, channels)
    g.binarise()
    path = g.save(tmp_path_factory.mktemp("scan") / "m.onnx", channels)
    model = load_model(path)
    layer = read_network(model).layers[0]
    table, _ = tabulate_chain(model, layer, take_apart(model, layer), BIPOLAR)
    assert len(table) == len(sums_of(layer, BIPOLAR)) == synapses + 1
    found = thresholds(table)
    from hw_bnn.export.model import run_model

    for popcount in range(synapses + 1):
        image = np.where(np.arange(synapses) < popcount, 1, -1).astype(np.float32)[None]
        expected = run_model(model, image)[0] > 0
        counted = np.where(found.inverted, synapses - popcount, popcount)
        np.testing.assert_array_equal(counted >= popcounts(found, synapses), expected)


def test_always_and_never_are_thresholds_too():
    table = np.ones((6, 2), dtype=np.float32)
    table[:, 1] = -1
    assert popcounts(thresholds(table), 5).tolist() == [0, 6]


def test_two_flips_name_layer_and_channel():
    table = np.ones((8, 4), dtype=np.float32)
    table[3:5, 2] = -1
    with pytest.raises(
        HwBnnError, match=r"layer fc_1, channel 2: .* changes direction .*2 flips"
    ) as caught:
        thresholds(table, "fc_1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["uint8/255", "uint8"])
@pytest.mark.parametrize("factor", [1, -1])
def test_pixel_thresholds_say_what_the_head_says(kind, factor, tmp_path):
    """Code = -1 + 2 (p >= threshold), negated where the head falls."""
    kind = InputKind(kind)
    values = grid(kind)
    ties = np.array([1, 96, 128, 254, 255])
    g = Graph((7,), 13)
    never, always = (2 * values[255], -values[255] - 1)
    if factor < 0:
        never, always = always, never
    g.add("Sub", np.array([*values[ties], never, always], dtype=np.float32)[None])
    g.add("Mul", np.float32(factor))
    g.binarise()
    g.matmul(signs(np.random.default_rng(0), 7, 3))
    network = read_network(load_model(g.save(tmp_path / "m.onnx", 3)))
    found, levels = pixel_thresholds(network, network.head, kind)
    assert levels.bipolar
    pixels = np.arange(256)[:, None]
    bits = (pixels >= found.values[:, 0]) ^ found.negated
    compared = pixels >= ties if factor > 0 else pixels <= ties
    np.testing.assert_array_equal(bits[:, :5], compared)
    assert not bits[:, 5].any()
    assert bits[:, 6].all()


@pytest.mark.parametrize("kind", ["uint8/255", "uint8"])
def test_pixels_come_back_from_their_values(kind):
    pixels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_pixels(grid(InputKind(kind)), InputKind(kind)), pixels)


@pytest.mark.parametrize("kind", ["uint8/255", "uint8"])
@pytest.mark.parametrize("value", [-1.0, 0.3, 256.0, 1e20, np.nan, np.inf, -np.inf])
def test_values_off_the_grid_are_refused_with_place_and_value(kind, value):
    x = np.zeros((3, 2, 4), dtype=np.float32)
    x[2, 1, 3] = value
    with pytest.raises(HwBnnError, match=r"input \(2, 1, 3\) is .*grid") as caught:
        to_pixels(x, InputKind(kind))
    assert "\n" not in str(caught.value)


def test_next_to_the_grid_is_off_the_grid():
    x = grid(InputKind.UINT8_255)[[[77]]]
    with pytest.raises(HwBnnError, match="not on the grid"):
        to_pixels(np.nextafter(x, np.float32(1)), InputKind.UINT8_255)


@pytest.mark.parametrize("name", ["BatchNormalization", "Pow", "PRelu", "MultiThreshold"])
def test_blocks_of_channels_do_not_matter(name, monkeypatch, tmp_path):
    rng = np.random.default_rng(6)
    g = Graph((9, 1, 1), 13)
    g.add("Quant", np.float32(1), np.float32(0), np.float32(4), signed=0, narrow=0)
    g.add("Conv", signs(rng, 7, 9, 1, 1))
    g.add("Flatten", axis=1)
    each = rng.choice([0.25, 0.5, 1, 2], (4, 7)).astype(np.float32)
    if name != "MultiThreshold":
        operands = {"BatchNormalization": each, "Pow": 2 * each[:1], "PRelu": each[:1]}[name]
        g.add("Relu" if name == "Pow" else "Identity")
        g.add(name, *operands)
        g.add("Mul", each[1] / 4)
        g.add("Quant", np.float32(1), np.float32(0), np.float32(3), signed=1, narrow=1)
    else:
        steps = np.sort(rng.integers(-99, 99, (7, 6)), axis=1).astype(np.float32)
        g.add("MultiThreshold", steps, out_dtype="INT3", out_bias=-3.0)
    g.matmul(signs(rng, 7, 3))
    model = load_model(g.save(tmp_path / "m.onnx", 3))
    layer, inputs = read_network(model).layers[0], Levels(0, 15, 1, 1.0)
    whole, levels = thresholds_module.layer_thresholds(model, layer, inputs)
    assert len(np.unique(whole.values, axis=0)) > 1
    table, smallest = tabulate_chain(model, layer, take_apart(model, layer), inputs)
    sums = np.arange(-9 * 15, 9 * 15 + 2)
    dense = read_thresholds(Table(table, sums, smallest), levels, layer.name)
    monkeypatch.setattr(thresholds_module, "BLOCK_BYTES", 4 * len(sums) * 3)
    parts, same = thresholds_module.layer_thresholds(model, layer, inputs)
    assert levels == same
    for found in (dense, parts):
        np.testing.assert_array_equal(found.values, whole.values)
        np.testing.assert_array_equal(found.inverted, whole.inverted)
        np.testing.assert_array_equal(found.negated, whole.negated)


def test_a_channel_of_a_later_block_keeps_its_number(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    g = Graph((9,), 13)
    g.binarise()
    g.matmul(signs(rng, 9, 8), name="fc")
    g.add("PRelu", np.array([1, 1, 1, 1, 1, -1, 1, 1], dtype=np.float32))
    g.add("Sub", np.float32(2))
    g.binarise()
    g.matmul(signs(rng, 8, 3))
    model = load_model(g.save(tmp_path / "m.onnx", 3))
    monkeypatch.setattr(thresholds_module, "BLOCK_BYTES", 1)
    with pytest.raises(HwBnnError, match=r"layer fc, channel 5: .*2 flips"):
        thresholds_module.layer_thresholds(model, read_network(model).layers[0], BIPOLAR)
