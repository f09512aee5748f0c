# SPDX-License-Identifier: BSD-3-Clause
"""The experiment file: one YAML with the sections data, model, train and build.

The build section uses FINN+'s own key names where FINN+ has the setting
(finn.builder.build_dataflow_config.DataflowBuildConfig). Values are taken as written: a number in
quotes is refused, not converted, and an unknown or repeated key is an error, never ignored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from hw_bnn import config_text
from hw_bnn.config_model import AnyModelConfig as AnyModelConfig
from hw_bnn.config_model import CnvConfig as CnvConfig
from hw_bnn.config_model import ModelConfig as ModelConfig
from hw_bnn.config_model import Section
from hw_bnn.config_model import ThresholdConfig as ThresholdConfig
from hw_bnn.config_train import TrainConfig as TrainConfig
from hw_bnn.errors import HwBnnError


class ViewConfig(Section):
    """What a network sees of a file's image: a part of it, as size x size pixels."""

    size: int = Field(default=224, ge=8, le=1024)
    """Rows and columns that the network sees."""
    resize: int = Field(default=256, ge=8, le=2048)
    """Evaluation resizes the shorter side to so many pixels, then takes size x size in the middle.
    """
    min_area: float = Field(default=0.08, gt=0, le=1)
    """Training takes a random part, of at least this share of the image; 1: what evaluation
    takes."""

    @model_validator(mode="after")
    def _the_middle_is_inside(self) -> Self:
        if self.resize < self.size:
            raise ValueError(f"resize is {self.resize}: must be at least size, {self.size}")
        return self


class DataConfig(Section):
    """Which images; the folder that holds them is not part of an experiment."""

    name: Literal["digits", "mnist", "fashion-mnist", "cifar10", "image_folder"]
    """The data set."""
    view: ViewConfig | None = None
    """With image_folder and only then."""

    @model_validator(mode="after")
    def _view_of_files(self) -> Self:
        if self.view is None and self.name == "image_folder":
            raise ValueError('view is missing: must be given with name "image_folder"')
        if self.view is not None and self.name != "image_folder":
            raise ValueError(f'view is given: must be left out with name "{self.name}"')
        return self


class BuildConfig(Section):
    """Hardware build; the first five keys are FINN+'s."""

    board: str | None = None
    """FINN+'s name of the board."""
    fpga_part: str | None = Field(default=None, pattern=r"^xc[a-zA-Z0-9-]+$")
    """The part, where it is not the board's."""
    synth_clk_period_ns: float = Field(default=10.0, gt=0)
    """Target clock period: what the figures in images per second are computed with."""
    target_fps: int | None = Field(default=None, ge=1)
    """Images per second, at the target clock, to fold the layers for with the fewest LUTs."""
    folding_config_file: Path | None = Field(default=None, strict=False)
    """FINN folding JSON, PE and SIMD per layer."""
    resource_budget: float | None = Field(default=None, gt=0, le=1)
    """Share of the part's look-up tables and block RAMs: the folding with the fewest cycles within
    it. At most one of target_fps, folding_config_file and resource_budget; with none, at most
    1,000 cycles an image."""
    input: Literal["uint8/255", "uint8", "float"] = "uint8/255"
    """How a pixel p reaches the network: p/255, p, or values already prepared as floats."""
    input_quantiser: Literal["host", "hardware"] = "host"
    """Where pixels become the first layer's codes; in hardware the accelerator takes pixels."""
    label_select: bool = False
    """Whether the accelerator gives the class instead of the last layer's sums."""
    rtl_images: int = Field(default=0, ge=0)
    """Test images to simulate in RTL; 0: the whole test split."""
    netlist_images: int = Field(default=0, ge=0)
    """Test images to simulate in the netlist of yosys; 0: none, since compiling it takes long."""
    synthesise: bool = True
    """Estimate resources with yosys."""

    @field_validator("board")
    @classmethod
    def _known_board(cls, board: str | None) -> str | None:
        if board is not None and board not in known_boards():
            raise ValueError("must be one of " + ", ".join(known_boards()))
        return board

    @field_validator("folding_config_file")
    @classmethod
    def _folding_file_exists(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file is None:
            return None
        file = ((info.context or {}).get("folder", Path()) / file).absolute()
        if not file.is_file():
            raise ValueError(f"must be an existing file, looked for {file}")
        return file

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.board is None and self.fpga_part is None:
            raise ValueError("board is missing: must be given, or fpga_part in its place")
        if self.board is not None and self.fpga_part not in (None, known_boards()[self.board]):
            raise ValueError(
                f"fpga_part is {self.fpga_part!r}: must be {known_boards()[self.board]!r} on "
                f"board {self.board}, or must stand without a board"
            )
        given = [
            name
            for name in ("target_fps", "resource_budget", "folding_config_file")
            if getattr(self, name) is not None
        ]
        if len(given) > 1:
            raise ValueError(
                f"{given[0]} is {getattr(self, given[0])}: must be left out beside {given[1]}"
            )
        if self.input == "float" and self.input_quantiser == "hardware":
            raise ValueError(
                'input_quantiser is hardware: must be host with input "float", which has no pixels'
            )
        if self.target_fps is not None and self.target_fps * self.synth_clk_period_ns > 1e9:
            raise ValueError(
                f"target_fps is {self.target_fps}: must be at most "
                f"{int(1e9 / self.synth_clk_period_ns)}, one image per clock cycle"
            )
        return self

    @property
    def part(self) -> str:
        """The FPGA part, named or the one on the board."""
        return self.fpga_part or known_boards()[str(self.board)]


class TrainingSections(Section):
    """What trained weights depend on."""

    data: DataConfig
    model: AnyModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()


class ExperimentConfig(Section):
    """One network on one board, from data set to report."""

    name: str = Field(default="experiment", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Title in the report; the file's name unless given."""
    data: DataConfig
    """Which images."""
    model: AnyModelConfig = ModelConfig()
    """Which network."""
    train: TrainConfig = TrainConfig()
    """How it is trained."""
    build: BuildConfig | None = None
    """What `hw-bnn run` builds of the network; a training does without."""


_Model = TypeVar("_Model", bound=Section)


def known_boards() -> dict[str, str]:
    """FINN+'s boards and their parts."""
    from finn.util.basic import part_map

    return dict(part_map)


def validate(
    section: type[_Model], values: object, source: str, folder: Path | None = None
) -> _Model:
    """Check values read from `source` against a section; relative paths start at `folder`.

    Raises:
        HwBnnError: one line with source, dotted key, value and what is allowed.
    """
    if not isinstance(values, dict):
        keys = ", ".join(section.model_fields)
        raise HwBnnError(f"{source}: must be a mapping with the keys {keys}")
    try:
        return section.model_validate(values, context={"folder": folder or Path()})
    except ValidationError as error:
        raise HwBnnError(config_text.explain(error, section, source)) from None


def load_config(path: Path) -> ExperimentConfig:
    """Read an experiment file.

    Raises:
        HwBnnError: the file is missing, is not YAML, or a value is refused (one line).
    """
    values = config_text.read_yaml(path)
    if isinstance(values, dict):
        values = {"name": path.stem, **values}
    return validate(ExperimentConfig, values, str(path), path.parent)
