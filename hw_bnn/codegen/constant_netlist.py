# SPDX-License-Identifier: BSD-3-Clause
"""Netlist of full adders and ripple adders over single bits, and its text with pipeline ranks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Bit(NamedTuple):
    """Bit `place` of a node's output, inverted if so; node -1 stands for the constant `place`."""

    node: int
    place: int
    inverted: bool = False

    def __invert__(self) -> Bit:
        if self.node < 0:
            return Bit(-1, 1 - self.place)
        return Bit(self.node, self.place, not self.inverted)


ZERO, ONE = Bit(-1, 0), Bit(-1, 1)


def constant(value: int, width: int) -> list[Bit]:
    """Return the bits of `value` modulo 2**width, lowest first."""
    return [Bit(-1, (value >> i) & 1) for i in range(width)]


class Number(NamedTuple):
    """An unsigned number: bits, lowest first, and the largest value it takes."""

    bits: tuple[Bit, ...]
    largest: int


class _Node(NamedTuple):
    module: str
    pins: tuple[tuple[str, tuple[Bit, ...]], ...]
    out: str
    width: int
    parameters: str


@dataclass
class Netlist:
    """Nodes in topological order; node 0 is the input.

    Attributes:
        inputs: width of the input.
        levels: adders on the longest way to each node.
    """

    inputs: int
    nodes: list[_Node] = field(default_factory=lambda: [_Node("", (), "", 0, "")])
    levels: list[int] = field(default_factory=lambda: [0])
    _shared: dict[tuple[Bit, ...], Number] = field(default_factory=dict)
    _inline: set[int] = field(default_factory=set)

    def full_adder(self, bits: Iterable[Bit]) -> Number:
        """Count three bits in a look-up table of their own; asked again, give the same number."""
        key = tuple(sorted(bits))
        if key not in self._shared:
            self._shared[key] = self._three(key, "")
        return self._shared[key]

    def inline_adder(self, bits: Iterable[Bit]) -> Number:
        """Count three bits for one adder, which takes the count as its b and absorbs the logic."""
        number = self._three(tuple(bits), "#(.Xilinx(0)) ")
        self._inline.add(number.bits[0].node)
        return number

    def add(self, a: Sequence[Bit], b: Sequence[Bit], carry: Bit, width: int) -> tuple[Bit, ...]:
        """Add modulo 2**width; operands that are too short are extended by zeros."""
        operand = min(width, max(len(a), len(b)))
        pins = _operands(a, b, carry, operand)
        parameters = f"#(.Width({operand}), .SumWidth({width})) "
        node = self._node(_Node("ripple_adder", pins, "sum_o", width, parameters))
        return tuple(Bit(node, i) for i in range(width))

    def sign(self, a: Sequence[Bit], b: Sequence[Bit], carry: Bit, width: int) -> Bit:
        """Return the highest bit of a + b + carry modulo 2**width."""
        pins = _operands(a, b, carry, width)
        return Bit(self._node(_Node("ripple_sign", pins, "sign_o", 1, f"#(.Width({width})) ")), 0)

    def cost(self) -> float:
        """Return about how many logic cells it takes; two small tables count as one."""
        return sum(
            0.5 * sum(bit.node >= 0 for bit in node.pins[1][1])
            if node.module.startswith("ripple")
            else float(index not in self._inline)
            for index, node in enumerate(self.nodes[1:], start=1)
        )

    def _three(self, bits: tuple[Bit, ...], parameters: str) -> Number:
        node = self._node(_Node("full_adder", (("bits_i", bits),), "count_o", 2, parameters))
        return Number((Bit(node, 0), Bit(node, 1)), 3)

    def _node(self, node: _Node) -> int:
        sources = {bit.node for _, bits in node.pins for bit in bits if bit.node >= 0}
        level = 1 + max((self.levels[source] for source in sources), default=0)
        for source in sources & self._inline:  # they stand in the same pipeline stage
            self.levels[source] = level
        self.nodes.append(node)
        self.levels.append(level)
        return len(self.nodes) - 1

    def text(self, name: str, outputs: Sequence[Bit], stages: int) -> str:
        """Return a SystemVerilog module.

        Ports: data_i, data_o; with stages > 0 also clk_i and enable_i. A result appears `stages`
        enabled cycles after its input.
        """
        return _Text(self, stages).module(name, outputs)


def _operands(
    a: Sequence[Bit], b: Sequence[Bit], carry: Bit, width: int
) -> tuple[tuple[str, tuple[Bit, ...]], ...]:
    return ("a_i", _padded(a, width)), ("b_i", _padded(b, width)), ("carry_i", (carry,))


def _padded(bits: Sequence[Bit], width: int) -> tuple[Bit, ...]:
    return (*bits, *([ZERO] * width))[:width]


class _Text:
    """Text of a netlist; rank s holds every bit that crosses from pipeline stage s - 1 to s.

    A node has a register of its own in a rank: simulators are slow with registers of thousands of
    bits.
    """

    def __init__(self, netlist: Netlist, stages: int) -> None:
        self.netlist = netlist
        self.stages = stages
        self.ranks: list[dict[int, list[int]]] = [{} for _ in range(stages + 1)]
        self.used: set[tuple[int, int]] = set()
        deepest = max(netlist.levels)
        # Level l of L stands in stage floor((l - 1) * stages / L): stages 0 .. stages - 1.
        self.stage = [max(level - 1, 0) * stages // max(deepest, 1) for level in netlist.levels]

    def module(self, name: str, outputs: Sequence[Bit]) -> str:
        netlist = self.netlist
        body: list[str] = []
        for index, node in enumerate(netlist.nodes[1:], start=1):
            at = self.stage[index]
            pins = ", ".join(f".{pin}({self._word(bits, at)})" for pin, bits in node.pins)
            size = f"[{node.width - 1}:0] " if node.width > 1 else ""
            body.append(f"  logic {size}n{index};")
            body.append(
                f"  {node.module} {node.parameters}u_n{index} ({pins}, .{node.out}(n{index}));"
            )
        result = self._word(outputs, self.stages)
        declarations: list[str] = []
        registers: list[str] = []
        for rank in range(self.stages, 0, -1):
            # Naming the sources of a rank may add bits to the ranks before it.
            moves = []
            for source, places in self.ranks[rank].items():
                register = self._register(source, rank)
                word = self._word([Bit(source, place) for place in places], rank - 1)
                declarations.append(f"  logic [{len(places) - 1}:0] {register};")
                moves.append(f"      {register} <= {word};")
            if moves:
                registers += [
                    "  always_ff @(posedge clk_i) begin",
                    "    if (enable_i) begin",
                    *moves,
                    "    end",
                    "  end",
                ]
        ports = [
            *(["  input  logic clk_i", "  input  logic enable_i"] if self.stages else []),
            f"  input  logic [{netlist.inputs - 1}:0] data_i",
            f"  output logic [{len(outputs) - 1}:0] data_o",
        ]
        return "\n".join([
            f"module {name} (", ",\n".join(ports), ");", "",
            *declarations, *body, *registers, *self._unused(), f"  assign data_o = {result};", "",
            "endmodule", "",
        ])  # fmt: skip

    def _unused(self) -> list[str]:
        widths = [self.netlist.inputs, *(node.width for node in self.netlist.nodes[1:])]
        unused = [
            self._plain(node, index)
            for node, width in enumerate(widths)
            for index in range(width)
            if (node, index) not in self.used
        ]
        if self.stages and not any(self.ranks):
            unused += ["clk_i", "enable_i"]
        if not unused:
            return []
        return ["  logic unused;", f"  assign unused = ^{{{', '.join(unused)}}};"]

    def _plain(self, node: int, index: int) -> str:
        name = f"n{node}" if node else "data_i"
        return f"{name}[{index}]" if node == 0 or self.netlist.nodes[node].width > 1 else name

    def _word(self, bits: Sequence[Bit], at: int) -> str:
        """Name a word, lowest bit first in `bits`, as seen in pipeline stage `at`."""
        names = [self._bit(bit, at) for bit in bits]
        node = bits[0].node
        if node > 0 and len(bits) == self.netlist.nodes[node].width:
            whole = [self._plain(node, i) for i in range(len(bits))]
            if names == whole:
                return f"n{node}"
        if len(names) == 1:
            return names[0]
        return "{" + ", ".join(reversed(names)) + "}"

    def _bit(self, bit: Bit, at: int) -> str:
        """Name a bit as seen in pipeline stage `at`."""
        if bit.node < 0:
            return f"1'b{bit.place}"
        key = (bit.node, bit.place)
        self.used.add(key)
        sign = "~" if bit.inverted else ""
        if self.stage[bit.node] == at:
            return sign + self._plain(*key)
        places = self.ranks[at].setdefault(bit.node, [])
        if bit.place not in places:
            places.append(bit.place)
        return f"{sign}{self._register(bit.node, at)}[{places.index(bit.place)}]"

    @staticmethod
    def _register(node: int, rank: int) -> str:
        return f"{f'n{node}' if node else 'data'}_rank{rank}_q"
