# SPDX-License-Identifier: BSD-3-Clause
"""From a dataflow graph to a plan of files: plain content first, disk afterwards."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hw_bnn.codegen.verilog import Unit, padded, stitched, wrapper
from hw_bnn.dataflow.boundaries import boundaries
from hw_bnn.dataflow.cycles import cycle_model
from hw_bnn.dataflow.values import QUANTISER, Values, read_values
from hw_bnn.errors import HwBnnError
from hw_bnn.files import read_json, write_json, write_text

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.dataflow.operators.library import LibraryOp

TOP = "accelerator"
"""Name of the generated top module."""


@dataclass(frozen=True)
class Tap:
    """The stream in which a source layer's result leaves its last unit.

    Attributes:
        unit: number of the unit.
        bits: width of one value.
        lanes: how many of them one word holds.
        shape: of the values of one image, [..., C]; channels come first.
        values: what they stand for.
    """

    unit: int
    bits: int
    lanes: int
    shape: list[int]
    values: Values

    @property
    def words(self) -> int:
        """Words of one image."""
        return math.prod(self.shape) // self.lanes

    @property
    def bytes(self) -> int:
        """Bytes of one word."""
        return padded(self.lanes * self.bits) // 8


@dataclass(frozen=True)
class Streams:
    """The accelerator's two streams: what a driver needs to know.

    Attributes:
        input: what the values of an input image stand for; they come channels first, [.., C].
        input_bits: width of one of them.
        simd: how many of them one input word holds.
        output: what the values P of the last layer stand for; they come channels first, too.
        output_bits: width of one of them.
        pe: how many of them one output word holds.
        latency_cycles: of one image, by the cycle model.
        gauges: names of the FIFOs that report their largest fill, in order.
        units: names of all units, in order.
        taps: the hidden layers' results; in front the codes of an input quantiser.
    """

    input: Values
    input_bits: int
    simd: int
    output: Values
    output_bits: int
    pe: int
    latency_cycles: int
    gauges: list[str]
    units: list[str]
    taps: list[Tap]

    @property
    def quantises(self) -> bool:
        """Whether the input is pixels; else it is codes."""
        return bool(self.taps) and self.taps[0].values.layer == QUANTISER

    @property
    def in_words(self) -> int:
        """Input words of one image."""
        return math.prod(self.input.shape) // self.simd

    @property
    def out_words(self) -> int:
        """Output words of one image."""
        return math.prod(self.output.shape) // self.pe

    @property
    def in_bytes(self) -> int:
        """Bytes of one input word."""
        return padded(self.simd * self.input_bits) // 8

    @property
    def out_bytes(self) -> int:
        """Bytes of one output word."""
        return padded(self.pe * self.output_bits) // 8


@dataclass(frozen=True)
class Plan:
    """Everything that a simulator or a synthesis tool needs, as {file name: content}."""

    files: dict[str, str]
    streams: Streams

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents."""
        total = hashlib.sha256()
        for name in sorted(self.files):
            total.update(f"{name}\0{len(self.files[name])}\0{self.files[name]}".encode())
        return total.hexdigest()


def operators(model: ModelWrapper) -> list[LibraryOp]:
    """Return the operators of a dataflow graph in stream order."""
    from qonnx.custom_op.registry import getCustomOp

    from hw_bnn.dataflow.operators.library import LibraryOp

    found = [getCustomOp(node) for node in model.graph.node]
    for operator in found:
        if not isinstance(operator, LibraryOp):
            raise HwBnnError(
                f"node {operator.onnx_node.name}: operation {operator.onnx_node.op_type} has no "
                "open hardware here; build it with FINN+ and the vendor's tools"
            )
    return cast("list[LibraryOp]", found)


def make_plan(model: ModelWrapper) -> Plan:
    """Turn a specialised graph with FIFOs into files: wrappers, memories, library and top."""
    from hw_bnn import rtl

    nodes = operators(model)
    units: list[Unit] = [node.unit(model) for node in nodes]
    files = {f"{TOP}.v": stitched(TOP, units)}
    for unit in units:
        files[f"{unit.name}.v"] = wrapper(unit)
        files.update({**unit.memories, **unit.sources})
    files.update({path.name: path.read_text() for path in rtl.sources()})
    return Plan(files, _streams(model, nodes, units))


def _streams(model: ModelWrapper, nodes: list[LibraryOp], units: list[Unit]) -> Streams:
    values = read_values(model)
    if values is None:
        raise HwBnnError(
            "the graph does not say what its values stand for; make it with "
            "hw_bnn.build.steps.step_convert_to_hardware"
        )
    first, last = nodes[0], nodes[-1]
    return Streams(
        input=values[0],
        input_bits=int(first.get_input_datatype().bitwidth()),
        simd=int(first.get_folded_input_shape()[-1]),
        output=values[-1],
        output_bits=int(last.get_output_datatype().bitwidth()),
        pe=int(last.get_folded_output_shape()[-1]),
        latency_cycles=cycle_model(nodes)["latency_cycles"],
        gauges=[unit.name for unit in units if unit.gauge],
        units=[unit.name for unit in units],
        taps=_taps(model, nodes),
    )


def _taps(model: ModelWrapper, nodes: list[LibraryOp]) -> list[Tap]:
    found = []
    made_by = {node.onnx_node.output[0]: place for place, node in enumerate(nodes)}
    for boundary, values in zip(
        boundaries(model)[:-1], (read_values(model) or [])[1:], strict=False
    ):
        unit = made_by[boundary.tensor]
        node = nodes[unit]
        found.append(
            Tap(
                unit=unit,
                bits=int(node.get_output_datatype().bitwidth()),
                lanes=int(node.get_folded_output_shape()[-1]),
                shape=[int(size) for size in node.get_normal_output_shape()[1:]],
                values=values,
            )
        )
    return found


def write_plan(plan: Plan, folder: Path, host: Mapping[str, Any] | None = None) -> None:
    """Write a plan; files that are not part of it are removed.

    `host` is added to streams.json for drivers; nothing here reads it.
    """
    for name, content in plan.files.items():
        path = folder / name
        if not path.is_file() or path.read_text() != content:
            write_text(path, content)
    more = {"host": host or {}, "digest": plan.digest}
    write_json(folder / "streams.json", asdict(plan.streams) | more)
    for path in folder.iterdir():
        if path.is_file() and path.name not in plan.files and path.name != "streams.json":
            path.unlink()


def read_streams(folder: Path) -> tuple[Streams, str]:
    """Return the streams and digest of a written plan."""
    path = folder / "streams.json"
    try:
        content = dict(read_json(path))
        digest = str(content.pop("digest"))
        content.pop("host", None)
        content |= {name: Values(**content[name]) for name in ("input", "output")}
        content["taps"] = [
            Tap(**tap | {"values": Values(**tap["values"])}) for tap in content["taps"]
        ]
        return Streams(**content), digest
    except (TypeError, KeyError, ValueError):
        raise HwBnnError(f"{path}: is damaged; run hw-bnn build again") from None


def written_digest(folder: Path) -> str | None:
    """Digest of the files of a written plan as they are now; None if they cannot be read."""
    try:
        streams, _ = read_streams(folder)
        names = [path.name for path in folder.iterdir() if path.name != "streams.json"]
        return Plan({name: (folder / name).read_text() for name in names}, streams).digest
    except (HwBnnError, OSError, ValueError):
        return None


def sources(folder: Path) -> list[Path]:
    """Return the Verilog files of a written plan."""
    return sorted([*folder.glob("*.v"), *folder.glob("*.sv")])
