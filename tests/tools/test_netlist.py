# SPDX-License-Identifier: BSD-3-Clause
"""Paired look-up tables and logic levels of small netlists, counted by hand."""

from __future__ import annotations

from typing import Any

from hw_bnn.tools.netlist import joined, logic_levels, lut_sites


def lut(out: int, *inputs: int | str) -> dict[str, Any]:
    return cell(f"LUT{len(inputs)}", {f"I{i}": [net] for i, net in enumerate(inputs)}, {"O": [out]})


def cell(
    kind: str, inputs: dict[str, list[Any]], outputs: dict[str, list[Any]], init: str = "0"
) -> dict[str, Any]:
    directions = dict.fromkeys(inputs, "input") | dict.fromkeys(outputs, "output")
    return {
        "type": kind, "connections": inputs | outputs, "port_directions": directions,
        "parameters": {"INIT": init},
    }  # fmt: skip


def netlist(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"cells": {str(i): c for i, c in enumerate(cells)}, "attributes": {}}


def carry4(cin: int | str, first: int, entry: int | str) -> dict[str, Any]:
    """Drives O at first..first+3 and CO at first+4..first+7."""
    return cell(
        "CARRY4",
        {"CI": [cin], "CYINIT": ["0"], "DI": ["0"] * 4, "S": [entry, "1", "1", "1"]},
        {"O": list(range(first, first + 4)), "CO": list(range(first + 4, first + 8))},
    )


def test_pairs_have_at_most_five_inputs() -> None:
    assert lut_sites(netlist(lut(20, 2, 3, 4), lut(21, 5, 6))) == 1
    assert lut_sites(netlist(lut(20, 2, 3, 4), lut(21, 5, 6, 7))) == 2
    assert lut_sites(netlist(lut(20, 2, 3, 4), lut(21, 2, 3, 7))) == 1
    assert lut_sites(netlist(lut(20, 2, 3, 4, 5, 6), lut(21, 2, 6, 4, 5))) == 1
    assert lut_sites(netlist(lut(20, 2, 3, 4, 5, 6), lut(21, 2, 6, 4, 7))) == 2
    assert lut_sites(netlist(lut(20, 2, 3, 4, "0", "1"), lut(21, 5, 6))) == 1


def test_a_full_table_is_a_site_and_larger_partners_come_first() -> None:
    pair = cell("LUT6_2", {f"I{i}": [i + 2] for i in range(6)}, {"O5": [30], "O6": [31]})
    assert lut_sites(netlist(pair, lut(20, 2, 3, 4, 5, 6, 7), lut(21, 2), lut(22, 3))) == 3
    # The table of five takes that of three which it covers; the two others fit together.
    five, three = lut(20, 2, 3, 4, 5, 6), lut(21, 2, 3, 4)
    assert lut_sites(netlist(five, lut(22, 2), three, lut(23, 9, 10, 11))) == 2


def test_levels_end_at_registers() -> None:
    first, second = lut(20, 2), lut(22, 21, 3)
    register = cell("FDRE", {"D": [20], "C": [9]}, {"Q": [21]})
    assert logic_levels(netlist(first, register, second)) == 1
    assert logic_levels(netlist(first, second, lut(21, 20))) == 3


def test_block_ram_starts_at_two_and_lut_ram_is_a_look_up_table() -> None:
    block = cell("RAMB36E1", {"ADDRARDADDR": [2]}, {"DOADO": [10, 11]})
    assert logic_levels(netlist(block, lut(20, 10, 3), lut(21, 20))) == 4
    ram = cell("RAM32X1D", {"A0": [20], "D": [21], "DPRA0": [20]}, {"DPO": [22], "SPO": [23]})
    assert logic_levels(netlist(lut(20, 2), lut(21, 22), ram)) == 3


def test_a_chain_counts_one_and_one_per_sixteen_bits() -> None:
    four = netlist(lut(50, 2), carry4("0", 60, 50), lut(51, 63))
    assert logic_levels(four) == 1 + 2 + 1
    chain = [carry4("0" if i == 0 else 60 + 8 * i - 1, 60 + 8 * i, 50) for i in range(5)]
    assert logic_levels(netlist(lut(50, 2), *chain[:4])) == 1 + 2
    assert logic_levels(netlist(lut(50, 2), *chain)) == 1 + 3


def test_a_pair_depends_on_what_its_tables_depend_on() -> None:
    """Six tables in a row whose lower outputs ignore what comes from below."""
    upper = "".join("01"[bin(i).count("1") & 1] for i in range(31, -1, -1))
    lower = "".join("01"[i & 1] for i in range(31, -1, -1))
    row = [
        cell(
            "LUT6_2",
            {"I0": [2 + i], "I1": ["0"], "I2": ["0"], "I3": ["0"], "I4": [20 + i], "I5": ["1"]},
            {"O5": [21 + i], "O6": [40 + i]},
            upper + lower,
        )
        for i in range(6)
    ]
    assert logic_levels(netlist(*row)) == 2


def unit(*cells: dict[str, Any], data: int, valid: int, ready: int) -> dict[str, Any]:
    """Nets 2, 3, 4 are in0_V_TDATA, in0_V_TVALID and out0_V_TREADY."""
    ports = {
        "in0_V_TDATA": [2], "in0_V_TVALID": [3], "in0_V_TREADY": [ready],
        "out0_V_TDATA": [data], "out0_V_TVALID": [valid], "out0_V_TREADY": [4],
    }  # fmt: skip
    nets = [
        2,
        3,
        4,
        *(bit for cell in cells for bits in cell["connections"].values() for bit in bits),
    ]
    return netlist(*cells) | {
        "ports": {name: {"bits": bits} for name, bits in ports.items()},
        "netnames": {"all": {"bits": nets}},
    }


def test_paths_go_on_through_joined_units() -> None:
    register = cell("FDRE", {"D": [3], "C": [9]}, {"Q": [5]})
    last = unit(lut(6, 5, 2), lut(7, 4), register, data=6, valid=5, ready=7)
    for middle, levels in (
        (unit(lut(5, 2), lut(6, 5), lut(7, 3), data=6, valid=7, ready=4), 4),
        (unit(data=2, valid=3, ready=4), 2),  # nothing but wires
        (unit(lut(5, 4), lut(6, 5), data=2, valid=3, ready=6), 4),
    ):
        assert logic_levels(middle) < levels
        whole = joined([last, middle, last])
        assert len(whole["cells"]) == 2 * len(last["cells"]) + len(middle["cells"])
        assert logic_levels(whole) == levels


def test_constants_between_units_stay_constants() -> None:
    source = unit(data="1", valid="1", ready=4)  # type: ignore[arg-type]
    sink = unit(lut(5, 2, 3), data=5, valid=3, ready=4)
    (found,) = joined([source, sink])["cells"].values()
    assert found["connections"]["I0"] == ["1"]
