# SPDX-License-Identifier: BSD-3-Clause
"""Drawn operations between a layer's sums and its quantiser, one constant per channel or for all.

Constants are such that sums fall exactly on thresholds: halves, powers of two, and norms whose
mean is a sum that occurs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from hw_bnn.bench.parts import Plus, Times
from hw_bnn.nn.layers import BatchNorm, BatchNorm2d

HALVES = np.arange(-6, 7) / 2
SCALES = np.array([-2, -1, -0.5, 0.5, 1, 2, 3, 0])
SLOPES = np.array([0, 0.125, 0.25, 0.3, 1.5])
NAMES = ("norm", "norm", "scale", "bias", "prelu", "rprelu", "hardtanh")


@dataclass(frozen=True)
class Codes:
    """What a tensor's values are: scale times whole numbers of at most `most`; odd if bipolar."""

    scale: float
    bipolar: bool
    most: int


BIPOLAR = Codes(1.0, True, 1)


@dataclass
class Elements:
    """Draws operations for one layer.

    Attributes:
        rng: where everything is drawn from.
        channels: of the layer.
        spatial: whether it is a convolution.
        taps: products in one of its sums.
        reads: what it multiplies by its weights.
        threshold: of the quantiser that follows.
        stock: norms are torch's own.
        traits: what was drawn is added here.
    """

    rng: np.random.Generator
    channels: int
    spatial: bool
    taps: int
    reads: Codes
    threshold: float
    stock: bool
    traits: set[str] = field(default_factory=set)

    def draw(self) -> list[nn.Module]:
        """Draw one operation."""
        name = str(self.rng.choice(NAMES))
        self.traits.add({"norm": "batch-norm"}.get(name, name))
        if name == "norm":
            return [self._norm()]
        if name == "scale":
            return [Times(self._constant(SCALES, "scale"))]
        if name == "bias":
            return [self._bias()]
        if name == "prelu":
            return [self._prelu()]
        if name == "rprelu":
            return [self._bias(), self._prelu(), self._bias()]
        bound = float(self.rng.choice([0.5, 1, 2, 4]))
        return [nn.Hardtanh(-bound, bound)]

    def _norm(self) -> nn.Module:
        """Draw a norm: where its mean is a sum and its offset the threshold, they tie.

        In some channels the standard deviation is exactly 1, so that nothing rounds.
        """
        n, rng = self.channels, self.rng
        bound = self.taps * self.reads.most
        sums = self.reads.scale * np.arange(-bound, bound + 1, 2 if self.reads.bipolar else 1)
        spread = self.reads.scale * math.sqrt(self.taps) * self.reads.most
        tied = rng.random(n) < 0.6
        near = sums[np.abs(sums) <= spread] if spread >= self.reads.scale else sums
        mean = np.where(tied, rng.choice(near, n), rng.normal(0, spread, n))
        variance = np.where(rng.random(n) < 0.4, 1 - 1e-5, rng.uniform(0.2, 4, n) * spread**2)
        gamma = np.where(rng.random(n) < 0.5, rng.choice(SCALES, n), rng.normal(size=n))
        beta = np.where(tied, self.threshold, rng.normal(size=n) * 0.5)
        self._note({"mean on a sum": tied, "negative scale": gamma < 0, "zero scale": gamma == 0})
        stock: type[nn.Module] = nn.BatchNorm2d if self.spatial else nn.BatchNorm1d
        own: type[nn.Module] = BatchNorm2d if self.spatial else BatchNorm
        norm = (stock if self.stock else own)(n)
        with torch.no_grad():
            for name, values in (("weight", gamma), ("bias", beta), ("running_mean", mean)):
                getattr(norm, name).copy_(torch.from_numpy(values))
            norm.get_buffer("running_var").copy_(torch.from_numpy(variance))
        return norm

    def _bias(self) -> nn.Module:
        return Plus(self._constant(HALVES, "bias"))

    def _prelu(self) -> nn.Module:
        """Draw slopes, rarely a negative one: what rises and falls again is refused."""
        count = self.channels if self.rng.random() < 0.7 else 1
        slopes = self.rng.choice(SLOPES, count)
        if self.rng.random() < 0.15:
            slopes[self.rng.integers(count)] *= -1
        self._note({"negative slope": slopes < 0})
        module = nn.PReLU(count)
        module.weight.data = torch.from_numpy(slopes.astype(np.float32))
        return module

    def _constant(self, choices: npt.NDArray[np.float64], name: str) -> Tensor:
        """Draw a scalar or one value per channel: one of the choices, or a multiple of it."""
        shape = () if self.rng.random() < 0.3 else (self.channels,)
        values = np.asarray(self.rng.choice(choices, shape))
        if self.rng.random() < 0.3:
            values = values * self.rng.uniform(0.5, 2, shape)
        self.traits.add(f"{'per-channel' if shape else 'scalar'} {name}")
        if name == "scale":
            self._note({"negative scale": values < 0, "zero scale": values == 0})
        constant = torch.from_numpy(np.asarray(values, dtype=np.float32))
        return constant.reshape(-1, 1, 1) if self.spatial and shape else constant

    def _note(self, found: dict[str, npt.NDArray[np.bool_]]) -> None:
        self.traits |= {trait for trait, where in found.items() if where.any()}
