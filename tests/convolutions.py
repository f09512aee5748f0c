# SPDX-License-Identifier: BSD-3-Clause
"""Random convolutional networks with several levels, padding and pools, written as ONNX."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from onnx import numpy_helper

from tests.networks import HALVES, POSITIVE, SCALES, Graph, signs


@dataclass
class ConvNet:
    """Draws one network; `text` lists what it is made of."""

    seed: int
    kind: str
    rng: np.random.Generator = field(init=False)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        rng = self.rng
        self.shape = (int(rng.integers(1, 4)), int(rng.integers(6, 12)), int(rng.integers(6, 12)))
        self.graph = Graph(self.shape, opset=int(rng.choice([9, 11, 13, 17])))
        self.channels, self.size = self.shape[0], self.shape[1:]
        self._head()
        for _ in range(int(rng.integers(1, 4))):
            self._convolution()
        self.graph.add("Flatten", axis=1)
        features = self.channels * math.prod(self.size)
        if rng.random() < 0.5:
            hidden = int(rng.integers(1, 9))
            self.graph.matmul(signs(rng, features, hidden))
            self._affine(hidden, ())
            self._activation()
            features = hidden
        self.classes = int(rng.integers(1, 5))
        self.graph.matmul(signs(rng, features, self.classes))
        self.graph.add("Mul", np.float32(0.37))

    def __repr__(self) -> str:
        return f"seed {self.seed}, {self.kind}: " + ", ".join(self.text)

    def images(self, count: int) -> np.ndarray:
        pixels = self.rng.integers(0, 256, (count, *self.shape)).astype(np.float32)
        pixels[0], pixels[1 % count] = 0, 255
        return pixels / np.float32(255) if self.kind != "uint8" else pixels

    def _head(self) -> None:
        """1-bit, 4-bit or 8-bit input codes."""
        scale = np.float32(1 / 128 if self.kind == "uint8" else 2)
        self.graph.add("Mul", scale)
        self.graph.add("Sub", np.float32(1))
        bits = int(self.rng.choice([1, 4, 8]))
        self.text.append(f"{bits}-bit input")
        self.lowest = None
        if bits == 1:
            self.graph.binarise()
            self.bipolar = True
        else:
            self._quant(bits, 2.0 ** (1 - bits), signed=1)

    def _quant(self, bits: int, scale: float, signed: int) -> None:
        zero, width = np.float32(0), np.float32(bits)
        self.graph.add(
            "Quant", np.float32(scale), zero, width, signed=signed, narrow=0, rounding_mode="ROUND"
        )
        self.bipolar = False

    def _activation(self) -> None:
        if self.rng.random() < 0.6:
            self.graph.binarise(float(self.rng.choice([1.0, 0.5])))
            self.bipolar = True
        else:
            bits, signed = int(self.rng.integers(2, 5)), int(self.rng.integers(2))
            self.text.append(f"{bits}-bit activation, signed {signed}")
            self._quant(bits, float(self.rng.choice([0.5, 1.0, 2.0])), signed)

    def _affine(self, channels: int, spread: tuple[int, ...], scales=SCALES) -> None:
        shape = (1, channels, *spread)
        self.graph.add("Mul", self.rng.choice(scales, shape).astype(np.float32))
        self.graph.add("Add", self.rng.choice(HALVES, shape).astype(np.float32))

    def _pool(self) -> None:
        kernel, stride = int(self.rng.integers(1, 4)), int(self.rng.integers(1, 3))
        if min(self.size) < kernel:
            return
        self.graph.add("MaxPool", kernel_shape=[kernel, kernel], strides=[stride, stride])
        self.size = tuple((extent - kernel) // stride + 1 for extent in self.size)
        self.text.append(f"pool {kernel}/{stride}")

    def _pad(self) -> tuple[int, ...]:
        """Pad with a level: explicitly, or with zeros in the convolution where 0 is one."""
        pads = [int(p) for p in self.rng.integers(0, 3, 4)]  # top, left, bottom, right
        self.size = (self.size[0] + pads[0] + pads[2], self.size[1] + pads[1] + pads[3])
        if not self.bipolar and self.rng.random() < 0.5:
            self.text.append(f"zero pads {pads}")
            return tuple(pads)
        value = float(self.rng.choice([-1.0, 1.0]) * self.unit) if self.bipolar else 0.0
        amounts = [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]]
        self.text.append(f"pads {pads} with {value:g}")
        if self.graph.opset < 11:
            self.graph.add("Pad", mode="constant", pads=amounts, value=value)
        else:
            self.graph.add("Pad", np.array(amounts), np.float32(value))
        return (0, 0, 0, 0)

    @property
    def unit(self) -> float:
        """Scale of the last BipolarQuant."""
        last = [node for node in self.graph.nodes if node.op_type == "BipolarQuant"][-1]
        (name,) = last.input[1:]
        (value,) = [numpy_helper.to_array(c) for c in self.graph.constants if c.name == name]
        return float(value)

    def _convolution(self) -> None:
        rng = self.rng
        pads = self._pad() if rng.random() < 0.5 else (0, 0, 0, 0)
        kernel = [int(min(rng.integers(1, 6), extent)) for extent in self.size]
        strides = [int(s) for s in rng.integers(1, 3, 2)]
        outputs = int(rng.integers(1, 8))
        weights = signs(rng, outputs, self.channels, *kernel)
        self.graph.add("Conv", weights, kernel_shape=kernel, strides=strides, pads=list(pads))
        self.text.append(f"conv {self.channels}->{outputs} {kernel}/{strides}")
        self.channels = outputs
        self.size = tuple(
            (n - k) // s + 1 for n, k, s in zip(self.size, kernel, strides, strict=True)
        )
        order = str(rng.choice(["pool first", "pool between", "pool last", "no pool"]))
        if order == "pool first":
            self._pool()
        if order == "pool between":  # what stands before is positive, what follows may fall
            self._affine(outputs, (1, 1), POSITIVE)
            self._pool()
        # A falling function after a pool needs symmetric levels: bipolar follows then.
        scales = SCALES if order in ("pool last", "no pool") else np.abs(SCALES)
        falling = order in ("pool first", "pool between") and rng.random() < 0.5
        self._affine(outputs, (1, 1), SCALES if falling else scales)
        if falling:
            self.graph.binarise()
            self.bipolar = True
        else:
            self._activation()
        if order == "pool last":
            self._pool()

    def save(self, path):
        return self.graph.save(path, self.classes)
