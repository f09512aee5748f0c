# SPDX-License-Identifier: BSD-3-Clause
"""Our stream operators beside FINN+'s in RTL, by the same yosys script.

FINN+ has no RTL for binary matrices, max-pools and label select: these are HLS there.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hw_bnn.bench.counting import FIGURES, counted
from hw_bnn.tools.caching import cache_folder

if TYPE_CHECKING:
    from hw_bnn.progress import Progress

Node = tuple[str, Mapping[str, Any]]
"""Operation and attributes."""

# Height and width, channels, padding, SIMD, bits; 3x3, stride 1
_WINDOWS = ((32, 3, 0, 3, 8), (30, 64, 0, 32, 1), (12, 128, 0, 32, 1), (16, 128, 1, 32, 1))
_CONVERTERS = ((64, 32), (32, 64), (96, 8))
_FIFOS = ((32, 2), (32, 64), (8, 600))


class _Case(NamedTuple):
    design: str
    ours: Node
    finn: tuple[Node, ...]


def finn_operators(progress: Progress) -> list[dict[str, Any]]:
    """Synthesise every operator twice.

    Of FINN+'s sources the `default_nettype` directives inside modules are left out, which slang
    refuses, and the FIFO's variant that only counts.

    Returns:
        Two rows for each operator, of the designs "hw_bnn" and "FINN+", with `operator`, `cycles`
        per image by the operator's own law, and the figures of `counted`, summed where FINN+ needs
        two units.
    """
    rows = []
    cases = list(_cases())
    with progress.step("synthesis of stream operators", 2 * len(cases)) as advance:
        for case in cases:
            ours = _ours(case.ours)
            advance()
            parts = [_finn(node) for node in case.finn]
            advance()
            theirs = {name: sum(part[name] for part in parts) for name in FIGURES}
            theirs |= {name: max(part[name] for part in parts) for name in ("levels", "cycles")}
            rows.append({"operator": case.design, "design": "hw_bnn", "baseline": "FINN+"} | ours)
            rows.append({"operator": case.design, "design": "FINN+"} | theirs)
    return rows


def _cases() -> Iterator[_Case]:
    for size, channels, padding, simd, bits in _WINDOWS:
        yield _window(size, channels, padding, simd, bits)
    for entering, leaving in _CONVERTERS:
        widths = {"inWidth": entering, "outWidth": leaving, "dataType": "BINARY"}
        shape = [1, entering * leaving]
        yield _Case(
            f"converter {entering} to {leaving} bits",
            ("StreamingDataWidthConverter_hwbnn", {"inShape": shape, "outShape": shape} | widths),
            (("StreamingDataWidthConverter_rtl", {"shape": shape} | widths),),
        )
    for width, depth in _FIFOS:
        attributes = {
            "depth": depth, "folded_shape": [1, 1, width], "normal_shape": [1, width],
            "dataType": "BINARY",
        }  # fmt: skip
        yield _Case(
            f"FIFO {width} bits, {depth} deep",
            ("StreamingFIFO_hwbnn", attributes),
            (("StreamingFIFO_rtl", attributes),),
        )


def _window(size: int, channels: int, padding: int, simd: int, bits: int) -> _Case:
    datatype = "BINARY" if bits == 1 else f"UINT{bits}"
    padded = size + 2 * padding
    ours = {
        "numInputVectors": [1, size, size], "NumChannels": channels, "KernelDim": [3, 3],
        "Stride": [1, 1], "SIMD": simd, "inputBits": bits, "Padding": [padding] * 4,
        "padCodes": [0] * channels,
    }  # fmt: skip
    window = {
        "IFMDim": [padded] * 2, "OFMDim": [padded - 2] * 2, "IFMChannels": channels, "SIMD": simd,
        "ConvKernelDim": [3, 3], "Stride": [1, 1], "Dilation": [1, 1], "inputDataType": datatype,
        "outputDataType": datatype, "depthwise": 0, "parallel_window": 0, "is1D": 0,
    }  # fmt: skip
    pad = {
        "ImgDim": [size] * 2, "Padding": [padding] * 4, "NumChannels": channels, "SIMD": simd,
        "inputDataType": datatype,
    }  # fmt: skip
    theirs: list[Node] = [("FMPadding_rtl", pad)] if padding else []
    return _Case(
        f"window 3x3 of {size}x{size}x{channels}, {bits} bit, padding {padding}, SIMD {simd}",
        ("SlidingWindow_rtl", ours),
        (*theirs, ("ConvolutionInputGenerator_rtl", window)),
    )


def _ours(node: Node) -> dict[str, Any]:
    from hw_bnn.bench.resources import operator, synthesised

    return {"cycles": int(operator(*node).get_exp_cycles())} | synthesised(*node)


def _finn(node: Node) -> dict[str, Any]:
    """Let FINN+ write an operator's files, and count them."""
    from qonnx.core.datatype import DataType
    from qonnx.custom_op.registry import getCustomOp

    from hw_bnn.bench.resource_points import graph
    from hw_bnn.dataflow import engine

    engine.start(cache_folder("finn"))
    model = graph(*node)
    kind = node[1].get("inputDataType", node[1].get("dataType"))
    model.set_tensor_datatype("x", DataType[kind])
    operator = getCustomOp(model.graph.node[0])
    with tempfile.TemporaryDirectory() as name:
        operator.set_nodeattr("code_gen_dir_ipgen", name)
        operator.generate_hdl(model, "xc7z020clg400-1", 10)
        paths = [Path(path) for path in operator.get_rtl_file_list(abspath=True)]
        texts = {
            path.name: re.sub(r"^\s*`default_nettype.*$", "", path.read_text(), flags=re.MULTILINE)
            for path in sorted(paths, key=lambda path: (not path.stem.endswith("_pkg"), path.name))
            if path.stem != "fifo_gauge"
        }
    top = operator.get_nodeattr("gen_top_module")
    return {"cycles": int(operator.get_exp_cycles())} | counted(texts, top, reader="slang")
