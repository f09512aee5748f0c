# SPDX-License-Identifier: BSD-3-Clause
"""da4ml on binary layers: solved in an environment of its own, which this module makes.

da4ml (LGPL) is measured, never imported: it is no dependency of hw_bnn. The environment and every
solution stay in the user's cache, because a solution can take ten minutes.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hw_bnn import files
from hw_bnn.codegen.constant import ConstantLayer
from hw_bnn.errors import HwBnnError
from hw_bnn.tools.caching import cache_folder
from hw_bnn.tools.process import run

VERSION = "0.6.0"
TOP = "da4ml_network"

_SOLVE = """
import json, sys, time
from pathlib import Path
import numpy as np
from da4ml.codegen import RTLModel
from da4ml.trace import FixedVariableArray, comb_trace

folder, top, stages = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
data = np.load(folder / "layers.npz")
inputs = len(data["w0"])
wall, cpu = time.perf_counter(), time.process_time()
start = FixedVariableArray.from_kif(np.zeros(inputs), np.ones(inputs), np.zeros(inputs))
x = start
for index in range(sum(name.startswith("w") for name in data.files)):
    plus = data[f"w{index}"]
    x = x @ (2.0 * plus - 1)  # the popcount less the number of -1 weights
    negative = len(plus) - plus.sum(0)
    if f"t{index}" in data.files:
        limits = data[f"t{index}"] - negative
        x = FixedVariableArray(np.array([v >= float(t) for v, t in zip(x._vars, limits)]))
    else:
        x = x + negative.astype(float)
solution = comb_trace(start, x)
times = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
cutoff = max(solution.latency) / stages if stages else -1
model = RTLModel(solution, top, folder, latency_cutoff=cutoff)
model.write()
times["stages"] = len(model._pipe.solutions) if model._pipe is not None else 0
(folder / "solved.json").write_text(json.dumps(times))
"""


class Solution(NamedTuple):
    """Verilog of a network by da4ml.

    Attributes:
        sources: its files; the top module TOP has ports model_inp, model_out and, with stages, clk.
        wrapper: file of the module TOP_wrapper, which gives all outputs the same number of bits.
        seconds: wall-clock time to solve.
        cpu_seconds: processor time to solve.
        stages: pipeline stages; 0 means combinational.
    """

    sources: list[Path]
    wrapper: Path
    seconds: float
    cpu_seconds: float
    stages: int


def solve(layers: Sequence[ConstantLayer], stages: int = 0) -> Solution:
    """Solve the layers with da4ml, or take the solution from the cache.

    Args:
        layers: each the input of the next.
        stages: pipeline stages to ask for; 0 means combinational.

    Raises:
        HwBnnError: if da4ml cannot be installed, or fails.
    """
    arrays: dict[str, NDArray[np.int64]] = {}
    for index, layer in enumerate(layers):
        arrays[f"w{index}"] = layer.weights.astype(np.int64)
        if layer.thresholds is not None:
            arrays[f"t{index}"] = layer.thresholds.astype(np.int64)
    text = f"{VERSION} {stages} {_SOLVE}".encode()
    text += b"".join(name.encode() + array.tobytes() for name, array in arrays.items())
    folder = cache_folder("da4ml") / hashlib.sha256(text).hexdigest()[:16]
    if not (folder / "solved.json").is_file():
        folder.mkdir(exist_ok=True)
        np.savez(folder / "layers.npz", **arrays)  # type: ignore[arg-type]
        run([str(_python()), "-c", _SOLVE, str(folder), TOP, str(stages)], folder,
            folder / "solve.log", name="da4ml")  # fmt: skip
    times = files.read_json(folder / "solved.json")
    source = folder / "src"
    sources = [*sorted((source / "static").glob("*.v")), *sorted(source.glob(f"{TOP}*.v"))]
    wrapper = source / f"{TOP}_wrapper.v"
    return Solution(
        [path for path in sources if path != wrapper], wrapper,
        times["seconds"], times["cpu_seconds"], times["stages"],
    )  # fmt: skip


def stream(name: str, solution: Solution, layers: Sequence[ConstantLayer]) -> str:
    """Return a stream unit `name` around a solution, for ready_i = 1 only: it cannot stand still.

    da4ml gives every sum the bits of a range that it estimates, its wrapper all sums the bits of
    the widest; the lowest of these are the sum, because it is not negative.
    """
    wrapper = solution.wrapper.read_text()
    (last,) = re.findall(r"output \[(\d+):0\] model_out", wrapper)
    inputs, outputs = len(layers[0].weights), layers[-1].weights.shape[1]
    bits, width = layers[-1].out_bits, (int(last) + 1) // outputs
    clock = ".clk(clk_i), " if solution.stages else ""
    valid = ["  assign valid_o = valid_i;", "  wire unused = ^{clk_i, rst_ni, ready_i};"]
    if solution.stages:
        latency = solution.stages + 1
        valid = [
            f"  reg [{latency - 1}:0] valid_q;",
            f"  always @(posedge clk_i) valid_q <= rst_ni ? {latency}'({{valid_q, valid_i}}) : '0;",
            f"  assign valid_o = valid_q[{latency - 1}];",
            "  wire unused = ready_i;",
        ]
    return "\n".join([
        wrapper,
        f"module {name} (",
        "  input wire clk_i, input wire rst_ni,",
        f"  input wire [{inputs - 1}:0] data_i, input wire valid_i, output wire ready_o,",
        f"  output wire [{outputs * bits - 1}:0] data_o, output wire valid_o, input wire ready_i",
        ");",
        "  assign ready_o = 1'b1;",
        *valid,
        f"  wire [{last}:0] words;",
        f"  {TOP}_wrapper u_da4ml ({clock}.model_inp(data_i), .model_out(words));",
        *(f"  assign data_o[{bits * i} +: {bits}] = words[{width * i} +: {bits}];"
          for i in range(outputs)),
        "endmodule",
        "",
    ])  # fmt: skip


def _python() -> Path:
    """Return the Python that has da4ml; makes its environment at first."""
    target = cache_folder("da4ml") / f"environment-{VERSION}"
    python = target / "bin" / "python"
    if not target.is_dir():
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".environment.") as name:
            folder = Path(name) / "environment"
            try:
                run([sys.executable, "-m", "venv", str(folder)], target.parent)
                run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet",
                     f"da4ml=={VERSION}"], target.parent, name="pip")  # fmt: skip
            except HwBnnError as error:
                raise HwBnnError(f"da4ml {VERSION} is not to be had: {error}") from error
            folder.rename(target)
    return python
