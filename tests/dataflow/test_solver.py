# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw_bnn.dataflow.solver import Choice, Cost, least_cost, least_cycles, total_cost

small = st.integers(1, 3)
costs = st.builds(Cost, st.integers(0, 9), st.integers(0, 4))
choices = st.builds(
    Choice,
    folding=st.fixed_dictionaries({"PE": small}),
    entering=small,
    leaving=small,
    cycles=st.integers(1, 6),
    cost=costs,
)
chains = st.lists(st.lists(choices, min_size=1, max_size=4), min_size=1, max_size=4)
tables = st.lists(costs, min_size=9, max_size=9)


def make_border(costs):
    """A cost for each place and pair of lanes that has no pattern."""

    def border(index, leaving, entering):
        return costs[(3 * leaving + entering + 5 * index) % 9]

    return border


def every(chain, border, cycles):
    """Costs of all ways to choose that meet a target."""
    for way in itertools.product(*chain):
        if max(choice.cycles for choice in way) <= cycles:
            yield total_cost(way, border)


@settings(max_examples=300, deadline=None)
@given(chains, tables, st.integers(1, 6))
def test_a_target_is_met_at_the_least_cost_of_all_ways(chain, table, cycles):
    border = make_border(table)
    found = least_cost(chain, border, cycles)
    best = min(every(chain, border, cycles), default=None)
    assert (found is None) == (best is None)
    if found is not None:
        assert total_cost(found, border) == best
        assert all(choice in unit for choice, unit in zip(found, chain, strict=True))
        assert max(choice.cycles for choice in found) <= cycles


@settings(max_examples=300, deadline=None)
@given(chains, tables, st.builds(Cost, st.integers(0, 70), st.integers(0, 30)))
def test_a_budget_gives_the_least_cycles_of_all_ways(chain, table, limit):
    border = make_border(table)
    found = least_cycles(chain, border, limit)
    ways = [
        (max(choice.cycles for choice in way), total_cost(way, border))
        for way in itertools.product(*chain)
    ]
    fitting = [(c, cost) for c, cost in ways if cost.lut <= limit.lut and cost.bram18 <= limit[1]]
    assert (found is None) == (not fitting)
    if found is not None:
        cycles, way = found
        assert (cycles, total_cost(way, border)) == min(fitting)


def test_block_ram_is_worth_logic_where_it_is_short():
    def choice(lanes, lut, bram18):
        return Choice({"PE": lanes}, lanes, lanes, 1, Cost(lut, bram18))

    chain = [[choice(1, 10, 2), choice(1, 15, 0)], [choice(1, 1, 3), choice(1, 2, 1)]]

    def border(index, leaving, entering):
        return Cost(0, 0)

    for blocks, lut in ((9, 11), (5, 11), (4, 12), (3, 12), (2, 17), (1, 17)):
        found = least_cost(chain, border, 1, Cost(100, blocks))
        assert found is not None
        assert total_cost(found, border).lut == lut
    assert least_cost(chain, border, 1, Cost(100, 0)) is None
    assert least_cost(chain, border, 1, Cost(16, 2)) is None


@pytest.mark.parametrize("lanes", [(2, 2), (2, 4)])
def test_ends_and_converters_are_counted_where_they_stand(lanes):
    first, second = lanes
    chain = [
        [Choice({}, 3, first, 1, Cost(1, 0))],
        [Choice({}, second, 5, 1, Cost(1, 0))],
    ]

    def border(index, leaving, entering):
        return Cost(100 * index + 10 * leaving + entering, 0)

    expected = (33) + (100 + 10 * first + second) + (200 + 55) + 2
    assert total_cost(chain[0] + chain[1], border).lut == expected
    assert least_cost(chain, border, 1) == chain[0] + chain[1]
