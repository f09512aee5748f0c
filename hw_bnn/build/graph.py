# SPDX-License-Identifier: BSD-3-Clause
"""The FINN+ part of a build: its steps on an integer network, and what they leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn.build.plan import operators, read_streams
from hw_bnn.files import read_json

if TYPE_CHECKING:
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.build.folder import BuildFolder
    from hw_bnn.config import BuildConfig


def run_steps(
    integer: ModelWrapper,
    folder: BuildFolder,
    config: BuildConfig,
    steps: Sequence[str],
    started: Callable[[str], None] = lambda _name: None,
    failure_log: Path | None = None,
) -> dict[str, float]:
    """Run steps of hw_bnn.build.steps on an integer network; return the seconds of each.

    Args:
        integer: the integer network.
        folder: its `dataflow` receives the integer network and the graph after every step.
        config: board, clock, folding.
        steps: STEPS, or GRAPH_STEPS for graphs alone.
        started: called with the name of each step when it begins.
        failure_log: file that receives FINN+'s log if it fails.
    """
    from hw_bnn.dataflow import engine
    from hw_bnn.export.model import save_model

    engine.start(folder.dataflow / "finn_tmp")
    from finn.builder.build_dataflow_config import DataflowOutputType

    from hw_bnn.dataflow.finn_config import FinnConfig

    save_model(integer, folder.integer)
    finn_config = FinnConfig(
        output_dir=str(folder.dataflow.resolve()),
        synth_clk_period_ns=config.synth_clk_period_ns,
        board=config.board,
        fpga_part=config.fpga_part,
        target_fps=config.target_fps,
        resource_budget=config.resource_budget,
        folding_config_file=config.folding_config_file,
        save_intermediate_models=True,
        generate_outputs=[DataflowOutputType.ESTIMATE_REPORTS],
        steps=list(steps),
    )
    return engine.run_steps(folder.integer, finn_config, started, failure_log)


def describe(folder: BuildFolder) -> dict[str, Any]:
    """Gather what the report says of a finished dataflow graph."""
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.build.steps import STEPS
    from hw_bnn.dataflow.cycles import cycle_model
    from hw_bnn.dataflow.folding import foldable, layers, limits
    from hw_bnn.export.model import load_model

    last = STEPS[-1].rsplit(".", 1)[-1]
    graph = ModelWrapper(str(folder.dataflow / "intermediate_models" / f"{last}.onnx"))
    nodes, units = operators(graph), layers(graph)
    integer = load_model(folder.integer)
    report = folder.dataflow / "report"
    estimates = ("layer_cycles", "layer_resources", "network_performance")
    return {
        "digest": read_streams(folder.rtl)[1],
        "input_shape": list(integer.get_tensor_shape(integer.graph.input[0].name))[1:],
        "folding": {
            name: {key: int(unit.get_nodeattr(key)) for key in limits(unit)}
            for name, unit in foldable(graph).items()
        },
        "layers": {
            name: {
                "source": unit.get_nodeattr("sourceLayer"),
                "inputs": unit.shape[0],
                "outputs": unit.shape[1],
                "cycles": unit.get_exp_cycles(),
            }
            for name, unit in units.items()
        },
        "fifo_depths": {
            node.onnx_node.name: int(node.get_nodeattr("depth"))
            for node in nodes
            if node.onnx_node.op_type.startswith("StreamingFIFO")
        },
        "cycle_model": cycle_model(nodes),
        "estimates": {name: read_json(report / f"estimate_{name}.json") for name in estimates}
        | {"tool": f"finn-plus {version('finn-plus')}"},
    }
