# SPDX-License-Identifier: BSD-3-Clause
"""Steps of a FINN+ build. A FINN+ YAML file names them by dotted path beside FINN+'s own.

steps:
  - hw_bnn.build.steps.step_exact_thresholds
  - hw_bnn.build.steps.step_convert_to_hardware
  - step_create_dataflow_partition
  - step_specialize_layers
  - hw_bnn.build.steps.step_set_folding
  - step_generate_estimate_reports
  - hw_bnn.build.steps.step_insert_streams
  - hw_bnn.build.steps.step_size_fifos
  - hw_bnn.build.steps.step_generate_rtl
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hw_bnn.dataflow import engine
from hw_bnn.errors import HwBnnError

if TYPE_CHECKING:
    from finn.builder.build_dataflow_config import DataflowBuildConfig
    from qonnx.core.modelwrapper import ModelWrapper

    from hw_bnn.config import BuildConfig

GRAPH_STEPS = (
    "hw_bnn.build.steps.step_exact_thresholds",
    "hw_bnn.build.steps.step_convert_to_hardware",
    "step_create_dataflow_partition",
    "step_specialize_layers",
    "hw_bnn.build.steps.step_set_folding",
    "step_generate_estimate_reports",
    "hw_bnn.build.steps.step_insert_streams",
    "hw_bnn.build.steps.step_size_fifos",
)
"""From the source to the complete dataflow graph; no Verilog yet."""

STEPS = (
    *GRAPH_STEPS,
    "hw_bnn.build.steps.step_generate_rtl",
)
"""The whole build, as in the YAML above."""

SELECT_LABEL = "hw_bnn.build.steps.step_select_label"
"""Stands behind step_set_folding, if it is wanted."""


QUANTISE_INPUT = "hw_bnn.build.steps.step_quantise_input"
"""Stands behind step_set_folding, too, if it is wanted."""


def steps_for(config: BuildConfig) -> tuple[str, ...]:
    """Return the steps of a build."""
    steps = list(STEPS)
    behind = steps.index("hw_bnn.build.steps.step_set_folding") + 1
    if config.label_select:
        steps.insert(behind, SELECT_LABEL)
    if config.input_quantiser == "hardware":
        steps.insert(behind, QUANTISE_INPUT)
    return tuple(steps)


INPUT_KIND = "hw_bnn_input"
"""Key of a source model's metadata that says what its input is made of; uint8/255 without it."""


def _prepare(config: DataflowBuildConfig) -> Path:
    output = Path(config.output_dir)
    engine.start(output / "finn_tmp")
    return output


def step_exact_thresholds(model: ModelWrapper, config: DataflowBuildConfig) -> ModelWrapper:
    """Make the integer network, save it as integer.onnx, and hand its hardware part on.

    A model that is an integer network already is taken as it is.
    """
    from hw_bnn.export.inputs import InputKind
    from hw_bnn.export.integer import body, is_integer, to_integer
    from hw_bnn.export.model import save_model, tidy
    from hw_bnn.export.network import read_network

    output = _prepare(config)
    if not is_integer(model):
        kind = model.get_metadata_prop(INPUT_KIND) or InputKind.UINT8_255
        model = to_integer(read_network(tidy(model)), InputKind(kind))
    save_model(model, output / "integer.onnx")
    return body(model)


def step_convert_to_hardware(model: ModelWrapper, config: DataflowBuildConfig) -> ModelWrapper:
    """The integer network becomes SlidingWindow, XnorMVAU and StreamMaxPool."""
    _prepare(config)
    from hw_bnn.dataflow.transformations.convert_to_hardware import ConvertToHardware

    return model.transform(ConvertToHardware())


def step_set_folding(model: ModelWrapper, config: DataflowBuildConfig) -> ModelWrapper:
    """Set PE and SIMD from the folding file, within the budget or for the target rate.

    Weights of units that are unrolled completely become constants.
    """
    _prepare(config)
    from finn.transformation.general import ApplyConfig

    from hw_bnn.dataflow.choose_folding import for_budget, for_cycles
    from hw_bnn.dataflow.folding import read_folding
    from hw_bnn.dataflow.parts import budget
    from hw_bnn.dataflow.transformations.weight_style import ChooseWeightStyle
    from hw_bnn.files import write_json

    share = getattr(config, "resource_budget", None)  # not in a configuration of FINN+'s own
    if config.folding_config_file is not None:
        chosen = read_folding(Path(config.folding_config_file), model)
    elif share is not None:
        chosen = for_budget(model, budget(config._resolve_fpga_part(), share))
    else:
        chosen = for_cycles(model, config._resolve_cycles_per_frame(), config.synth_clk_period_ns)
    write_json(config.get_report_directory() / "folding.json", {"Defaults": {}} | chosen)
    model = model.transform(ApplyConfig({"Defaults": {}} | chosen))
    return model.transform(ChooseWeightStyle())


def step_quantise_input(model: ModelWrapper, config: DataflowBuildConfig) -> ModelWrapper:
    """Put the input's quantiser in front, so that the accelerator takes pixels."""
    output = _prepare(config)
    from hw_bnn.dataflow.transformations.quantise_input import QuantiseInput
    from hw_bnn.golden import Golden

    return model.transform(QuantiseInput(Golden.load(output / "integer.onnx").head.table))


def step_select_label(model: ModelWrapper, config: DataflowBuildConfig) -> ModelWrapper:
    """Append the choice of the class with the largest output."""
    output = _prepare(config)
    from hw_bnn.dataflow.transformations.select_label import SelectLabel
    from hw_bnn.golden import Golden

    Golden.load(output / "integer.onnx").require_largest_sum_wins()
    return model.transform(SelectLabel())


def step_insert_streams(model: ModelWrapper, config: DataflowBuildConfig) -> ModelWrapper:
    """Insert width converters and FIFOs."""
    _prepare(config)
    from hw_bnn.dataflow.transformations.insert_streams import InsertStreams

    return model.transform(InsertStreams())


def step_size_fifos(model: ModelWrapper, config: DataflowBuildConfig) -> ModelWrapper:
    """Set the FIFOs' depths: as few words as keep the pace, which must be the one asked for.

    Units that are not folded, as label select, may be too slow for it.
    """
    _prepare(config)
    from hw_bnn.build.plan import operators
    from hw_bnn.dataflow.choose_folding import highest_rate
    from hw_bnn.dataflow.fifo_depths import fifo_depths
    from hw_bnn.dataflow.transformations.insert_streams import SetFifoDepths

    target = config._resolve_cycles_per_frame()
    slowest = max(operators(model), key=lambda unit: int(unit.get_exp_cycles()))
    if target is not None and slowest.get_exp_cycles() > target:
        cycles = int(slowest.get_exp_cycles())
        raise HwBnnError(
            f"{slowest.onnx_node.name} takes {cycles} cycles an image, the target is {target}; "
            "leave that unit out, or lower the target rate"
            f"{highest_rate(cycles, config.synth_clk_period_ns)}"
        )
    return model.transform(SetFifoDepths(fifo_depths(operators(model))))


def step_generate_rtl(model: ModelWrapper, config: DataflowBuildConfig) -> ModelWrapper:
    """Write the accelerator's Verilog and memory files to `<output_dir>/rtl`."""
    output = _prepare(config)
    from hw_bnn.build.host import host
    from hw_bnn.build.plan import make_plan, write_plan

    plan = make_plan(model)
    write_plan(plan, output / "rtl", host(output / "integer.onnx", plan.streams))
    return model
