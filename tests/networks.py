# SPDX-License-Identifier: BSD-3-Clause
"""Binary networks written directly as ONNX, in the forms that exporters give them.

hw_bnn.bench.networks draws what a network computes; here it is how a file may say so. Constants
are small integers and halves, so that sums meet their thresholds exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from hw_bnn.bench.elements import HALVES, SCALES

QONNX = "qonnx.custom_op.general"
EPS = 1e-5
NEWEST_OPSET = onnx.defs.onnx_opset_version()


class Graph:
    """A chain of nodes; each is fed by the one before."""

    def __init__(self, shape: tuple[int, ...], opset: int = 13, batch: int | str = 1) -> None:
        self.opset, self.shape, self.batch = opset, shape, batch
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.tensor = "image"
        self.extra_inputs: list[onnx.ValueInfoProto] = []

    def constant(self, value, as_node: bool = False) -> str:
        """Add a constant, as an initializer or as a Constant node; return its name."""
        name = f"c{len(self.constants) + len(self.nodes)}"
        value = np.asarray(value)
        tensor = numpy_helper.from_array(
            value.astype(np.float32) if value.dtype.kind == "f" else value, name
        )
        if as_node:
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.constants.append(tensor)
        return name

    def add(self, op_type: str, *operands, left: bool = False, name: str = "", **attributes) -> str:
        """Append a node; operands are arrays (constants) or names of tensors."""
        names = [item if isinstance(item, str) else self.constant(item) for item in operands]
        inputs = [*names, self.tensor] if left else [self.tensor, *names]
        self.tensor = self.plain(op_type, inputs, name, **attributes)
        return self.tensor

    def plain(self, op_type: str, inputs, name: str = "", output: str = "", **attributes) -> str:
        """Append a node with the given inputs, outside the chain; return its output."""
        output = output or f"t{len(self.nodes)}"
        if op_type in ("BipolarQuant", "MultiThreshold", "Quant"):
            attributes.setdefault("domain", QONNX)
        node = helper.make_node(op_type, list(inputs), [output], name=name, **attributes)
        self.nodes.append(node)
        return output

    def binarise(self, scale: float = 1.0) -> None:
        self.add("BipolarQuant", np.float32(scale))

    def matmul(self, weights, name: str = "") -> None:
        """Append a MatMul with weights [inputs, outputs] given directly."""
        self.add("MatMul", np.asarray(weights, dtype=np.float32), name=name)

    def proto(self, outputs: int | None = None) -> onnx.ModelProto:
        """Return the model; its output is the last tensor of the chain."""
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [self.batch, *self.shape])
        shape = None if outputs is None else [self.batch, outputs]
        result = helper.make_tensor_value_info(self.tensor, TensorProto.FLOAT, shape)
        graph = helper.make_graph(
            self.nodes, "network", [image, *self.extra_inputs], [result], self.constants
        )
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid(QONNX, 1)]
        model = helper.make_model(graph, opset_imports=opsets)
        model.ir_version = 8
        return model

    def save(self, path: Path, outputs: int | None = None) -> Path:
        path.write_bytes(self.proto(outputs).SerializeToString())
        return path


@dataclass(frozen=True)
class Drawn:
    """A drawn network and images for it.

    `images` are what the float input takes, [N, *shape]: random ones first, then constant ones.
    """

    proto: onnx.ModelProto
    kind: str
    widths: tuple[int, ...]
    images: np.ndarray
    pixels: np.ndarray | None
    text: str

    def __repr__(self) -> str:
        return self.text

    def save(self, path: Path) -> Path:
        path.write_bytes(self.proto.SerializeToString())
        return path


def signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.choice([-1, 1], shape).astype(np.float32)


def _values(rng: np.random.Generator, channels: int, choices) -> np.ndarray:
    """A constant: a scalar of one of several shapes, or one value per channel."""
    shape = [(), (1,), (1, 1), (channels,), (1, channels), (channels,), (1, channels)]
    return rng.choice(choices, shape[rng.integers(len(shape))]).astype(np.float32)


POSITIVE = np.array([0.25, 0.5, 1, 2, 3])


def _batch_norm(g: Graph, rng, n: int) -> None:
    unit = rng.random(n) < 0.5  # there a standard deviation of exactly 1, which makes ties
    variance = np.where(unit, 1 - EPS, rng.choice(POSITIVE, n))
    # One value per channel is what the operator asks for.
    g.add(
        "BatchNormalization",
        rng.choice(SCALES, n).astype(np.float32),
        rng.choice([0, 0, 0.5, -0.5, 1], n).astype(np.float32),
        rng.choice(np.arange(-4, 5), n).astype(np.float32),
        variance.astype(np.float32),
        epsilon=EPS,
    )


def _mul_add(g: Graph, rng, n: int) -> None:
    g.add("Mul", _values(rng, n, SCALES), left=bool(rng.integers(2)))
    g.add("Add", _values(rng, n, HALVES), left=bool(rng.integers(2)))


def _sub_div_mul_add(g: Graph, rng, n: int) -> None:
    g.add("Sub", _values(rng, n, HALVES))
    g.add("Div", _values(rng, n, POSITIVE))
    g.add("Mul", _values(rng, n, SCALES))
    g.add("Add", _values(rng, n, HALVES))


def _div_by_pow(g: Graph, rng, n: int) -> None:
    """(x - mean) / (variance + eps) ** 0.5, all of it nodes."""
    g.add("Sub", _values(rng, n, HALVES))
    total = g.plain("Add", [g.constant(_values(rng, n, POSITIVE)), g.constant(np.float32(EPS))])
    if rng.integers(2):
        root = g.plain("Pow", [total, g.constant(np.float32(0.5))])
    else:
        root = g.plain("Sqrt", [total])
    g.add("Div", root)


def _reversed_sub(g: Graph, rng, n: int) -> None:
    g.add("Sub", _values(rng, n, HALVES), left=True)


def _prelu(g: Graph, rng, n: int) -> None:
    g.add("PRelu", _values(rng, n, POSITIVE))


def _leaky_relu(g: Graph, rng, n: int) -> None:
    g.add("LeakyRelu", alpha=float(rng.choice([0.125, 0.3])))


def _hardtanh(g: Graph, rng, n: int) -> None:
    bound = float(rng.choice([0.5, 1, 2]))
    if g.opset < 11:
        g.add("Clip", min=-bound, max=bound)
    else:
        g.add("Clip", np.float32(-bound), np.float32(bound))


def _shift(g: Graph, rng, n: int) -> None:
    g.add("Add", _values(rng, n, HALVES))


def _relu(g: Graph, rng, n: int) -> None:
    g.add("Relu")
    g.add("Sub", _values(rng, n, [0.0, 0.5, 1, 2]))


def _negate(g: Graph, rng, n: int) -> None:
    g.add("Neg")


def _identity(g: Graph, rng, n: int) -> None:
    g.add("Identity")


CHAINS: dict[str, Callable[[Graph, np.random.Generator, int], None]] = {
    "batch_norm": _batch_norm,
    "mul_add": _mul_add,
    "sub_div_mul_add": _sub_div_mul_add,
    "div_by_pow": _div_by_pow,
    "reversed_sub": _reversed_sub,
    "prelu": _prelu,
    "leaky_relu": _leaky_relu,
    "hardtanh": _hardtanh,
    "shift": _shift,
    "relu": _relu,
    "negate": _negate,
    "identity": _identity,
}
QUANTISERS = ("bipolar", "bipolar", "multi_threshold", "half")
WEIGHTS = ("direct", "quantised", "transposed", "constant_node", "gemm", "gemm_transposed", "half")
TAILS = ("nothing", "scalar", "scalar", "per_class", "batch_norm")
HEADS = ("plain", "normalised", "per_element", "inverted", "multi_threshold")
FLATTENS = ("flat", "flatten", "reshape", "reshape_fixed", "transposed")


def _quantise(g: Graph, rng, n: int, form: str) -> None:
    if form == "multi_threshold":
        shape = (n, 1) if rng.integers(2) else (1, 1)
        g.add("MultiThreshold", rng.choice(HALVES, shape).astype(np.float32),
              out_dtype="BIPOLAR", out_scale=2.0, out_bias=-1.0)  # fmt: skip
    else:
        g.binarise(0.5 if form == "half" else 1.0)


def _matrix(g: Graph, rng, inputs: int, outputs: int, form: str) -> None:
    weights = signs(rng, inputs, outputs)
    floats = weights * rng.choice([0.1, 0.7, 1.3], weights.shape).astype(np.float32)
    floats = np.where((weights > 0) & (rng.random(weights.shape) < 0.1), 0, floats)  # 0 is +1
    one = np.float32(1)
    if form == "direct":
        g.matmul(weights)
    elif form == "half":
        g.matmul(weights / 2)
    elif form == "constant_node":
        g.add("MatMul", g.constant(weights, as_node=True))
    elif form == "quantised":
        g.add("MatMul", g.plain("BipolarQuant", [g.constant(floats), g.constant(one)]))
    elif form == "transposed":
        quantised = g.plain("BipolarQuant", [g.constant(floats.T), g.constant(one)])
        g.add("MatMul", g.plain("Transpose", [quantised], perm=[1, 0]))
    else:
        bias = rng.choice(HALVES, outputs).astype(np.float32)
        if form == "gemm":
            g.add("Gemm", weights, bias)
        else:
            quantised = g.plain("BipolarQuant", [g.constant(floats.T), g.constant(one)])
            g.add("Gemm", quantised, g.constant(bias), transB=1)


def _flatten(g: Graph, form: str, count: int) -> None:
    if form == "flatten":
        g.add("Flatten", axis=1)
    elif form == "reshape":
        g.add("Reshape", np.array([0, -1]))
    elif form == "reshape_fixed":
        g.add("Reshape", np.array([1, count]))
    elif form == "transposed":
        g.add("Transpose", perm=[0, 2, 3, 1])
        g.add("Flatten", axis=1)


def _head(g: Graph, rng, kind: str, form: str, count: int) -> None:
    """Binarise an input [1, count] around the middle of its range."""
    unit = np.float32(1 / 255) if kind == "uint8/255" else np.float32(1)
    tie = np.float32(rng.integers(1, 255))
    tie = tie / np.float32(255) if kind == "uint8/255" else tie
    if form == "multi_threshold":
        g.add("MultiThreshold", np.array([[tie]], dtype=np.float32),
              out_dtype="BIPOLAR", out_scale=2.0, out_bias=-1.0)  # fmt: skip
        return
    if form == "plain":
        g.add("Sub", tie)
    elif form == "normalised":  # 2 x / range - 1
        g.add("Mul", np.float32(2) / (np.float32(255) * unit))
        g.add("Sub", np.float32(1))
    elif form == "per_element":
        g.add("Sub", (rng.integers(-2, 258, (1, count)) * unit).astype(np.float32))
        g.add("Div", rng.choice(POSITIVE, (1, count)).astype(np.float32))
    else:
        g.add("Sub", tie)
        g.add("Mul", rng.choice([-1, 1, 0.5, 0], (1, count)).astype(np.float32))
    g.binarise()


def _tail(g: Graph, rng, classes: int, form: str) -> None:
    if form == "scalar":
        g.add("Mul", np.float32(rng.choice([0.25, 0.3, 1.7])))
        g.add("Add", np.float32(rng.normal()))
    elif form == "per_class":
        g.add("Mul", rng.normal(size=classes).astype(np.float32))
        g.add("Add", rng.normal(size=(1, classes)).astype(np.float32))
    elif form == "batch_norm":
        _batch_norm(g, rng, classes)


def make_images(rng, kind: str, shape: tuple[int, ...], count: int) -> tuple[np.ndarray, object]:
    """Random images, then constant ones: (float32 [N, *shape], uint8 pixels or None)."""
    if kind == "float":
        random = rng.normal(128, 100, (count, *shape)).astype(np.float32)
        constant = np.stack([np.full(shape, v, np.float32) for v in (-1e9, 0, 128, 1e9)])
        return np.concatenate([random, constant]), None
    random = rng.integers(0, 256, (count, *shape)).astype(np.uint8)
    constant = np.stack([np.full(shape, v, np.uint8) for v in (0, 1, 127, 128, 254, 255)])
    pixels = np.concatenate([random, constant])
    images = pixels.astype(np.float32)
    return (images / np.float32(255) if kind == "uint8/255" else images), pixels


@dataclass(frozen=True)
class Form:
    """Forms of one layer: its matrix, and (unless it is the last) what leads to the next."""

    matrix: str
    chain: tuple[str, ...] = ()
    quantiser: str = "bipolar"


def make_network(
    widths: tuple[int, ...],
    layers: tuple[Form, ...],
    *,
    kind: str = "uint8/255",
    head: str = "plain",
    flatten: str = "flatten",
    tail: str = "nothing",
    opset: int = 13,
    batch: int | str = 1,
    seed: int = 0,
    count: int = 30,
) -> Drawn:
    """Build a network of len(widths) - 1 layers from named forms; values come from `seed`."""
    text = f"make_network({widths}, {layers}, {kind=}, {head=}, {flatten=}, {tail=}, {opset=}, "
    rng = np.random.default_rng(seed)
    height = next(h for h in (3, 2, 1) if widths[0] % h == 0)
    image = (1, height, widths[0] // height)
    shape = {"flat": (widths[0],), "transposed": (height, 1, image[2])}.get(flatten, image)
    g = Graph(shape, opset, batch)
    _flatten(g, flatten, widths[0])
    _head(g, rng, kind, head, widths[0])
    for index, (layer, inputs, outputs) in enumerate(
        zip(layers, widths, widths[1:], strict=True), start=1
    ):
        _matrix(g, rng, inputs, outputs, layer.matrix)
        if index == len(layers):
            _tail(g, rng, outputs, tail)
            break
        for name in layer.chain:
            CHAINS[name](g, rng, outputs)
        _quantise(g, rng, outputs, layer.quantiser)
    images, pixels = make_images(rng, kind, shape, count)
    text += f"{batch=}, {seed=})"
    return Drawn(g.proto(widths[-1]), kind, widths, images, pixels, text)


@st.composite
def networks(draw, max_width: int = 70, max_depth: int = 4) -> Drawn:
    """Networks of any of the forms above."""
    width = st.integers(1, max_width).filter(lambda w: w < 3 or w & (w - 1))
    depth = draw(st.integers(1, max_depth))
    widths = tuple(draw(st.lists(width, min_size=depth + 1, max_size=depth + 1)))
    chain = st.lists(st.sampled_from(sorted(CHAINS)), max_size=3).map(tuple)
    layers = tuple(
        Form(draw(st.sampled_from(WEIGHTS)), draw(chain), draw(st.sampled_from(QUANTISERS)))
        for _ in range(depth)
    )
    return make_network(
        widths,
        layers,
        kind=draw(st.sampled_from(["uint8/255", "uint8", "float"])),
        head=draw(st.sampled_from(HEADS)),
        flatten=draw(st.sampled_from(FLATTENS)),
        tail=draw(st.sampled_from(TAILS)),
        opset=draw(st.integers(9, NEWEST_OPSET)),
        batch=draw(st.sampled_from([1, "N"])),
        seed=draw(st.integers(0, 2**32 - 1)),
    )


def small_network(seed: int = 0, widths: tuple[int, ...] = (12, 6, 5, 3)) -> Drawn:
    """A network for tests that need any one: inverted channels, ties, per-class outputs."""
    count = len(widths) - 1
    layers = tuple(Form("transposed", ("mul_add",), "bipolar") for _ in range(count))
    return make_network(widths, layers, tail="scalar", seed=seed, count=60)
