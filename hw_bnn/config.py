# SPDX-License-Identifier: BSD-3-Clause
"""The experiment file: one YAML with the sections data, model, train and build.

The build section uses FINN+'s own key names where FINN+ has the setting
(finn.builder.build_dataflow_config.DataflowBuildConfig). Values are taken as written: a number in
quotes is refused, not converted, and an unknown or repeated key is an error, never ignored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from hw_bnn import config_text
from hw_bnn.errors import HwBnnError

Width = Annotated[int, Field(ge=1, le=8192)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class DataConfig(_Section):
    """Which images; the folder that holds them is not part of an experiment."""

    name: Literal["digits", "mnist", "fashion-mnist", "cifar10"]


class ThresholdConfig(_Section):
    """Threshold t of the hidden activations, y = +1 iff x >= t, x the batch-norm output.

    zero: t = 0. shift: t = shift, one number for all hidden layers or one per layer.
    """

    policy: Literal["zero", "shift"] = "zero"
    shift: float | list[float] = 0.0

    @model_validator(mode="after")
    def _zero_has_no_shift(self) -> Self:
        shifts = self.shift if isinstance(self.shift, list) else [self.shift]
        if self.policy == "zero" and any(shifts):
            raise ValueError(f'shift is {self.shift}: must be 0 under policy "zero"')
        return self


class _Network(_Section):
    threshold: ThresholdConfig = ThresholdConfig()

    @property
    def activations(self) -> int:
        """Number of hidden activations."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _one_shift_per_layer(self) -> Self:
        shift = self.threshold.shift
        if isinstance(shift, list) and len(shift) != self.activations:
            raise ValueError(
                f"threshold.shift has {len(shift)} values: must be one number, or "
                f"{self.activations} numbers, one for each hidden layer"
            )
        return self

    def shifts(self) -> list[float]:
        """The threshold of every hidden layer, in order."""
        shift = self.threshold.shift
        return list(shift) if isinstance(shift, list) else [shift] * self.activations


class ModelConfig(_Network):
    """A multi-layer perceptron with inputs, weights and activations in {-1, +1}."""

    kind: Literal["mlp"] = "mlp"
    hidden: list[Width] = Field(default=[64, 64, 64], min_length=1)
    """Neurons per hidden layer."""
    input_threshold: float = Field(default=0.5, gt=0, le=1)
    """An input x in [0, 1] becomes +1 iff x >= input_threshold, else -1."""

    @property
    def activations(self) -> int:
        """Number of hidden layers."""
        return len(self.hidden)


class CnvConfig(_Network):
    """A convolutional network with weights and activations in {-1, +1} and 8-bit inputs.

    The defaults are BNN-PYNQ's CNV for 3x32x32 images: 3x3 convolutions in blocks with a 2x2
    max-pool between them, then a perceptron.
    """

    kind: Literal["cnv"] = "cnv"
    channels: list[Annotated[list[Width], Field(min_length=1)]] = Field(
        default=[[64, 64], [128, 128], [256, 256]], min_length=1
    )
    """Output channels of each convolution, block by block."""
    hidden: list[Width] = [512, 512]
    """Neurons per hidden layer of the perceptron."""
    padding: Literal[0, 1] = 0
    """Rows and columns of -1 around the input of each convolution."""
    final_pool: bool = False
    """Whether a max-pool follows the last block, too."""
    pool: Literal["activations", "sums"] = "activations"
    """What a max-pool takes the largest of: binary activations, as BNN-PYNQ does (an OR), or the
    convolution's sums, before the batch-norm."""

    @property
    def activations(self) -> int:
        """Number of convolutions and hidden layers."""
        return sum(map(len, self.channels)) + len(self.hidden)


def _kind(model: Any) -> Any:
    """The kind of a model section, an MLP unless it says another."""
    return model.get("kind", "mlp") if isinstance(model, dict) else getattr(model, "kind", "mlp")


AnyModelConfig = Annotated[
    Annotated[ModelConfig, Tag("mlp")] | Annotated[CnvConfig, Tag("cnv")], Discriminator(_kind)
]


class TrainConfig(_Section):
    """Training recipe (Adam)."""

    epochs: int = Field(default=60, ge=1)
    batch_size: int = Field(default=100, ge=2)
    learning_rate: float = Field(default=0.003, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    validation_fraction: float = Field(default=0.1, ge=0, lt=1)
    """Share of the training split held out to choose the checkpoint; 0: keep the last epoch."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    schedule: Literal["cosine", "step"] = "cosine"
    loss: Literal["cross_entropy", "squared_hinge"] = "cross_entropy"
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Only with cross_entropy."""
    flip: bool = False
    """Mirror each training image left to right with probability 1/2."""
    crop: int = Field(default=0, ge=0, le=16)
    """Move each training image by up to so many pixels, up or down and left or right."""
    threads: int = Field(default=1, ge=1)
    """CPU threads; part of the recipe because float sums depend on it."""

    @model_validator(mode="after")
    def _smoothing_needs_cross_entropy(self) -> Self:
        if self.label_smoothing and self.loss != "cross_entropy":
            raise ValueError(
                f'label_smoothing is {self.label_smoothing}: must be 0 with loss "{self.loss}"'
            )
        return self


class BuildConfig(_Section):
    """Hardware build; the first five keys are FINN+'s."""

    board: str | None = None
    fpga_part: str | None = Field(default=None, pattern=r"^xc[a-zA-Z0-9-]+$")
    synth_clk_period_ns: float = Field(default=10.0, gt=0)
    """Target clock period: what the figures in images per second are computed with."""
    target_fps: int | None = Field(default=None, ge=1)
    folding_config_file: Path | None = Field(default=None, strict=False)
    """FINN folding JSON, PE and SIMD per layer. With neither of the two: at most 1,000
    cycles an image."""
    input: Literal["uint8/255", "uint8", "float"] = "uint8/255"
    """How a pixel p reaches the network: p/255, p, or values already prepared as floats."""
    rtl_images: int = Field(default=0, ge=0)
    """Test images to simulate in RTL; 0: the whole test split."""
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
        if self.target_fps is not None and self.folding_config_file is not None:
            raise ValueError(
                f"target_fps is {self.target_fps}: must be left out beside folding_config_file"
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


class TrainingSections(_Section):
    """What trained weights depend on."""

    data: DataConfig
    model: AnyModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()


class ExperimentConfig(_Section):
    """One network on one board, from data set to report."""

    name: str = Field(default="experiment", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Title in the report; the file's name unless given."""
    data: DataConfig
    model: AnyModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig()
    build: BuildConfig


_Model = TypeVar("_Model", bound=_Section)


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
