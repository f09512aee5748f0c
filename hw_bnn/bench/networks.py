# SPDX-License-Identifier: BSD-3-Clause
"""Random small networks as torch modules; everything that the integer contract speaks of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from hw_bnn.bench.elements import BIPOLAR, HALVES, Codes, Elements
from hw_bnn.bench.parts import Plus, Times, conv, latent_weights, quantiser
from hw_bnn.nn.layers import Affine, BinaryActivation, BinaryLinear, ScalarNorm
from hw_bnn.nn.thresholds import ShiftThreshold

KINDS = ("uint8/255", "uint8", "float")


@dataclass(frozen=True)
class Drawn:
    """A drawn network in eval mode.

    Attributes:
        seed: what it was drawn from.
        kind: what its input is made of.
        shape: of one image, [C, H, W].
        stages: the input's quantiser; then each layer with all that follows it. Padding belongs
            to the layer that reads it.
        traits: what the network is made of.
    """

    seed: tuple[int, ...]
    kind: str
    shape: tuple[int, int, int]
    stages: nn.Sequential
    traits: frozenset[str]

    def images(self, count: int) -> npt.NDArray[np.float32]:
        """Draw images, float32 [count, C, H, W]; two of them constant if they are pixels."""
        rng = np.random.default_rng((*self.seed, 1))
        if self.kind == "float":
            return rng.normal(size=(count, *self.shape)).astype(np.float32)
        pixels = rng.integers(0, 256, (count, *self.shape)).astype(np.float32)
        pixels[0], pixels[1 % count] = 0, 255
        return pixels / np.float32(255) if self.kind == "uint8/255" else pixels


def draw(*seed: int, stock: bool) -> Drawn:
    """Draw a network; the same seed gives the same network.

    Args:
        seed: whole numbers.
        stock: norms are torch's own BatchNorm instead of hw_bnn.nn's.
    """
    return _Drawing(seed, stock).finish()


class _Drawing:
    """Appends stages; `channels`, `size` and `codes` describe the last one's result."""

    def __init__(self, seed: tuple[int, ...], stock: bool) -> None:
        self.rng = np.random.default_rng((*seed, 0))
        self.seed, self.stock = seed, stock
        self.traits: set[str] = set()
        self.kind = str(self.rng.choice(KINDS))
        self.channels = self._integer(1, 3)
        self.size = (self._integer(4, 11), self._integer(4, 11))
        self.shape = (self.channels, *self.size)
        self.stages: list[nn.Sequential] = []

    def finish(self) -> Drawn:
        """Draw all stages."""
        convolutions, matrices = self._integer(0, 3), self._integer(1, 3)
        self.traits.add(f"{convolutions + matrices} layers")
        self.stages.append(nn.Sequential(*self._head()))
        for _ in range(convolutions):
            self._convolution()
        self.stages[-1].append(nn.Flatten())
        self.channels *= math.prod(self.size)
        for index in range(matrices):
            self._matrix(last=index == matrices - 1)
        stages = nn.Sequential(*self.stages).eval().requires_grad_(False)
        return Drawn(self.seed, self.kind, self.shape, stages, frozenset(self.traits))

    def _integer(self, least: int, most: int) -> int:
        return int(self.rng.integers(least, most + 1))

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _width(self, most: int) -> int:
        """Draw a width that is no power of two above 2."""
        return int(self.rng.choice([w for w in range(1, most + 1) if w < 3 or w & (w - 1)]))

    def _head(self) -> list[nn.Module]:
        """Draw a quantiser to 1-bit, 4-bit or 8-bit codes."""
        bits = int(self.rng.choice([1, 4, 8]))
        self.traits |= {f"{bits}-bit input", f"input {self.kind}"}
        if bits == 1:
            self.codes = BIPOLAR
            unit = {"uint8/255": 1 / 255, "uint8": 1.0, "float": 1 / 100}[self.kind]
            tie = float(np.float32(self._integer(1, 254)) * np.float32(unit))
            if self._chance(0.2):
                inverted = Times(torch.tensor(-1.0))
                return [inverted, BinaryActivation(ShiftThreshold(-tie))]
            return [BinaryActivation(ShiftThreshold(tie))]
        signed, full = self._chance(0.5), 256.0 if self.kind == "uint8" else 1.0
        self.codes = Codes(full / 2 ** (bits - signed), False, 2**bits)
        modules: list[nn.Module] = [quantiser(bits, self.codes.scale, signed=signed)]
        if signed and self.kind != "float":  # pixels become -1 to 1
            modules = [Times(torch.tensor(2.0)), Plus(torch.tensor(-full)), *modules]
        return modules

    def _convolution(self) -> None:
        pad, zeros = self._pad()
        kernel = (min(self._integer(1, 5), self.size[0]), min(self._integer(1, 5), self.size[1]))
        stride = (int(self.rng.choice([1, 1, 2, 3])), int(self.rng.choice([1, 1, 2, 3])))
        inputs, self.channels = self.channels, self._width(9)
        product = conv(self.rng, inputs, self.channels, kernel, stride, zeros)
        self._shrink(kernel, stride)
        self.traits |= {f"kernel {max(kernel)}", f"stride {max(stride)}"}
        self._layer([*pad, product], inputs * math.prod(kernel), spatial=True)

    def _shrink(self, kernel: tuple[int, int], stride: tuple[int, int]) -> None:
        rows, columns = ((n - k) // s for n, k, s in zip(self.size, kernel, stride, strict=True))
        self.size = (rows + 1, columns + 1)

    def _pad(self) -> tuple[list[nn.Module], tuple[int, int]]:
        """Draw padding with a level before a convolution, or with zeros within it."""
        if self._chance(0.4):
            return [], (0, 0)
        top, bottom, left, right = (self._integer(0, 2) for _ in range(4))
        within = self._chance(0.05 if self.codes.bipolar else 0.5)
        if within:
            bottom, right = top, left
        self.size = (self.size[0] + top + bottom, self.size[1] + left + right)
        if within:
            self.traits |= {"zero padding"} if top + left else set()
            return [], (top, left)
        value = float(self.rng.choice([-1.0, 1.0])) if self.codes.bipolar else 0.0
        self.traits.add(f"padding with {value:g}")
        return [nn.ConstantPad2d((left, right, top, bottom), value)], (0, 0)

    def _layer(self, modules: list[nn.Module], taps: int, *, spatial: bool) -> None:
        """Append operations, a quantiser, and for images perhaps a max-pool anywhere."""
        activation: nn.Module
        reads, threshold = self.codes, 0.0
        if self._chance(0.6):
            threshold = float(self.rng.choice(HALVES)) if self._chance(0.5) else 0.0
            self.traits |= {"shifted threshold"} if threshold else set()
            self.codes, activation = BIPOLAR, BinaryActivation(ShiftThreshold(threshold))
        else:
            bits, signed = self._integer(2, 4), self._chance(0.5)
            self.traits.add(f"{bits}-bit activation")
            self.codes = Codes(float(self.rng.choice([0.5, 1, 2])), False, 2**bits)
            activation = quantiser(bits, self.codes.scale, signed=signed)
        elements = Elements(
            self.rng, self.channels, spatial, taps, reads, threshold, self.stock, self.traits
        )
        drawn = [elements.draw() for _ in range(self._integer(1, 3))]
        self.traits |= {"several operations"} if len(drawn) > 1 else set()
        chain = [*(module for element in drawn for module in element), activation]
        if spatial and self._chance(0.6):
            self._pool(chain)
        self.stages.append(nn.Sequential(*modules, *chain))

    def _pool(self, chain: list[nn.Module]) -> None:
        """Insert a max-pool somewhere."""
        kernel, stride = self._integer(1, 3), self._integer(1, 2)
        if min(self.size) < kernel:
            return
        place = self._integer(0, len(chain))
        self.traits.add("pool last" if place == len(chain) else "pool before")
        chain.insert(place, nn.MaxPool2d(kernel, stride))
        self._shrink((kernel, kernel), (stride, stride))

    def _matrix(self, *, last: bool) -> None:
        inputs, self.channels = self.channels, self._width(20)
        product = BinaryLinear(inputs, self.channels)
        product.weight.data = latent_weights(self.rng, self.channels, inputs)
        if last:
            self.stages.append(nn.Sequential(product, *self._tail(inputs)))
        else:
            self._layer([product], inputs, spatial=False)

    def _tail(self, taps: int) -> list[nn.Module]:
        name = str(self.rng.choice(["no norm", "scalar norm", "affine per class"]))
        self.traits.add(f"{name} at the end")
        if name == "scalar norm":
            norm = ScalarNorm(taps)
            norm.offset.data.fill_(float(self.rng.normal()))
            return [norm]
        if name == "affine per class":
            constants = torch.from_numpy(self.rng.normal(size=(2, self.channels)).astype("float32"))
            return [Affine(constants[0], constants[1])]
        return []
