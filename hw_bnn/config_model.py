# SPDX-License-Identifier: BSD-3-Clause
"""The `model` section of an experiment file: topology, thresholds, gradients, weights."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

Width = Annotated[int, Field(ge=1, le=8192)]
Blocks = Annotated[int, Field(ge=1, le=64)]


class Section(BaseModel):
    """Values are taken as written; unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class ThresholdConfig(Section):
    """Threshold t of the hidden activations, y = +1 iff x >= t, x the batch-norm output.

    zero: t = 0. shift: t = shift. learned: one t per channel, from shift. balanced: just
    below each channel's running median. static_asd, dynamic_asd: see hw_bnn.nn.thresholds;
    dynamic_asd trains, but has no hardware.
    """

    policy: Literal["zero", "shift", "learned", "balanced", "static_asd", "dynamic_asd"] = "zero"
    """What t is."""
    shift: float | list[float] = 0.0
    """One number for all hidden layers, or one per layer; to be given under policy shift."""
    initial: Literal["shift", "batch"] = "shift"
    """Where a learned t starts: at shift, or at mean + shift * deviation of the first batch."""

    reduction: int = Field(default=16, ge=1)
    """Only with dynamic_asd: channels per hidden unit; 8 in the source for ImageNet."""
    hardtanh: bool = True
    """Only with dynamic_asd: whether it takes hardtanh(x); false in the source for ImageNet."""

    @model_validator(mode="after")
    def _keys_of_the_policy(self) -> Self:
        if self.policy == "shift" and "shift" not in self.model_fields_set:
            raise ValueError('shift is missing: must be given under policy "shift"')
        shifts = self.shift if isinstance(self.shift, list) else [self.shift]
        if self.policy not in ("shift", "learned") and any(shifts):
            raise ValueError(f'shift is {self.shift}: must be 0 under policy "{self.policy}"')
        for key, policy in (
            ("initial", "learned"),
            ("reduction", "dynamic_asd"),
            ("hardtanh", "dynamic_asd"),
        ):
            value = getattr(self, key)
            if self.policy != policy and value != type(self).model_fields[key].default:
                raise ValueError(f'{key} is {value}: must be left out under policy "{self.policy}"')
        return self


class SurrogateConfig(Section):
    """Gradient that training takes for that of a sign; see hw_bnn.nn.surrogates."""

    name: Literal["clip", "identity", "approx_sign", "triangular", "sign_swish", "ede"] = "clip"
    """Which gradient; of an activation it is centred on the threshold, of a weight on 0."""
    beta: float = Field(default=5.0, gt=0)
    """Only with sign_swish: how steep it is."""
    start: float = Field(default=0.1, gt=0)
    """Only with ede: steepness at the beginning. Both of its sources have 0.1 in VGG-small and
    0.001 in ResNet-20."""
    end: float = Field(default=10.0, gt=0)
    """Only with ede: steepness at the end."""

    @model_validator(mode="after")
    def _keys_of_the_name(self) -> Self:
        for key, name in (("beta", "sign_swish"), ("start", "ede"), ("end", "ede")):
            if key in self.model_fields_set and self.name != name:
                default = type(self).model_fields[key].default
                if getattr(self, key) != default:
                    raise ValueError(
                        f'{key} is {getattr(self, key)}: must be left out with name "{self.name}"'
                    )
        return self


def _published(given: dict[str, Any]) -> SurrogateConfig:
    """The gradient that a weight method is published with."""
    names: dict[Any, Any] = {"irnet": "ede", "recu": "identity", "wsd": "ede"}
    return SurrogateConfig(name=names.get(given.get("method"), "clip"))


class WeightConfig(Section):
    """How latent weights become signs; see hw_bnn.nn.weights."""

    method: Literal["sign", "irnet", "recu", "wsd"] = "sign"
    """What is done to a latent weight before its sign is taken."""
    surrogate: SurrogateConfig = Field(default_factory=_published)
    """Gradient of the weights. Not given, it is that of the method's authors: clip for sign, ede
    for irnet and wsd, identity for recu."""
    clip: bool = True
    """Keep latent weights in [-1, 1] after each step."""
    initial: Literal["unit", "fan_in", "he", "he_out"] = "unit"
    """Where latent weights start. unit: uniform in [-1, 1]. fan_in: uniform in [-k, k], k =
    1/sqrt(inputs of a sum), as in torch's layers. he: normal, of variance 2/(inputs of a sum), as
    in SD-BNN's residual networks. he_out: normal, of variance 2/(sums that an input goes into), 9
    outputs in a convolution, as in SD-BNN's VGG-small."""


class _Network(Section):
    threshold: ThresholdConfig = ThresholdConfig()
    """Thresholds of the hidden activations."""
    surrogate: SurrogateConfig = SurrogateConfig()
    """Gradient of the activations."""
    weights: WeightConfig = WeightConfig()
    """How binary weights are made."""

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
    """Which network: mlp unless given."""
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
    """Which network: mlp unless given."""
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

    ends: Literal["binary", "real"] = "binary"
    """real: the first convolution has real weights and reads real pixels, and the last layer has
    real weights and reads hardtanh of the last norm, as networks are published; no hardware."""

    @property
    def activations(self) -> int:
        """Number of convolutions and hidden layers, less the one that hardtanh follows."""
        return sum(map(len, self.channels)) + len(self.hidden) - (self.ends == "real")


class ResNetConfig(_Network):
    """A residual network in Bi-Real form, or a real one; see hw_bnn.nn.resnet. No hardware yet.

    The defaults are ResNet-20 for CIFAR-10. ResNet-18: stages [64, 128, 256, 512], blocks 2.
    """

    kind: Literal["resnet"] = "resnet"
    """Which network: mlp unless given."""
    stages: list[Width] = Field(default=[16, 32, 64], min_length=1)
    """Channels of each stage; the image's size halves from one to the next."""
    blocks: Blocks | list[Blocks] = 3
    """Blocks of two convolutions: one number for all stages, or one for each."""
    binary: Literal["all", "activations", "none"] = "all"
    """What is +1 or -1 between the ends: weights and activations; activations alone, as in the
    first of two stages of training; or nothing, an ordinary residual network, as a teacher is."""
    images: Literal["small", "large"] = "small"
    """small: a 3x3 convolution first, hardtanh behind each sum, a norm before the last layer, which
    binary "none" has not. large, for ImageNet: a 7x7 convolution of stride 2 and a max-pool first,
    PReLU behind each sum."""
    downsample: Literal["pad", "conv"] = "pad"
    """Shortcuts between stages: subsampled, with channels of 0; or average pool and real 1x1
    convolution."""
    shortcut_bits: Literal[0, 2, 3, 4, 5, 6, 7, 8] = 0
    """Bits of what shortcuts carry, on a grid in [-2, 2) with a power of two as step, in place of
    hardtanh or PReLU; 0: real numbers."""

    @property
    def activations(self) -> int:
        """Number of binary activations."""
        return 0 if self.binary == "none" else 2 * sum(self.blocks_per_stage)

    @property
    def blocks_per_stage(self) -> list[int]:
        """Number of blocks of every stage, in order."""
        return self.blocks if isinstance(self.blocks, list) else [self.blocks] * len(self.stages)

    @model_validator(mode="after")
    def _keys_of_what_is_binary(self) -> Self:
        keys = {"all": (), "activations": ("weights",)}.get(
            self.binary, ("threshold", "surrogate", "weights", "shortcut_bits")
        )
        for key in keys:
            if getattr(self, key) != type(self).model_fields[key].default:
                raise ValueError(f'{key} is given: must be left out with binary "{self.binary}"')
        if len(self.blocks_per_stage) != len(self.stages):
            raise ValueError(
                f"blocks has {len(self.blocks_per_stage)} values: must be one number, or"
                f" {len(self.stages)} numbers, one for each stage"
            )
        return self

    @model_validator(mode="after")
    def _stages_can_be_joined(self) -> Self:
        if self.shortcut_bits and self.downsample == "conv":
            raise ValueError(
                f"shortcut_bits is {self.shortcut_bits}: must be 0 with downsample conv, whose "
                "weights are real; or take downsample pad"
            )
        if self.downsample == "pad" and sorted(self.stages) != self.stages:
            raise ValueError(
                f"stages is {self.stages}: must not fall with downsample pad, which adds channels"
            )
        return self


def _kind(model: Any) -> Any:
    """The kind of a model section, an MLP unless it says another."""
    return model.get("kind", "mlp") if isinstance(model, dict) else getattr(model, "kind", "mlp")


AnyModelConfig = Annotated[
    Annotated[ModelConfig, Tag("mlp")]
    | Annotated[CnvConfig, Tag("cnv")]
    | Annotated[ResNetConfig, Tag("resnet")],
    Discriminator(_kind),
]
