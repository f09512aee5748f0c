# SPDX-License-Identifier: BSD-3-Clause
"""Layer boundaries: the places between layers at which every stage of the flow is compared.

The boundary of a layer holds what the next layer reads: codes after threshold, pool, sign and
flattening, without padding. The last layer's holds its integer sums. In front stand the codes of
the input, behind the model's outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hw_bnn.export.inputs import split_head
from hw_bnn.export.model import dynamic_inputs
from hw_bnn.export.network import MOVES, layer_inputs, shape_of
from hw_bnn.export.tabulate import take_apart
from hw_bnn.golden.layers import element_order

if TYPE_CHECKING:
    from onnx import NodeProto

    from hw_bnn.export.network import Network

INPUT, OUTPUTS = "input", "outputs"

Values = Sequence[npt.NDArray[np.float32] | None]
"""What a stage has at every boundary for a few images, [N, *shape]; None where it is not seen."""


@dataclass(frozen=True)
class Boundary:
    """A boundary.

    Attributes:
        name: the layer's name in the source, or INPUT or OUTPUTS.
        shape: of the values of one image.
        image: their shape before elements were moved: channels, then the position.
        order: where in `image`, flat, each element comes from; None if all keep their place.
    """

    name: str
    shape: tuple[int, ...]
    image: tuple[int, ...]
    order: npt.NDArray[np.int64] | None

    def place(self, element: int) -> tuple[int, tuple[int, ...]]:
        """Return channel and position of an element, counted flat."""
        came = element if self.order is None else int(self.order[element])
        channel, *position = (int(i) for i in np.unravel_index(came, self.image))
        return channel, tuple(position)

    def channels(self, elements: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """Return the channels that have any of the elements set, counted flat, in `elements`."""
        places = np.flatnonzero(elements)
        came = places if self.order is None else self.order[places]
        return np.unique(came // int(np.prod(self.image[1:])))


def boundaries(network: Network) -> list[Boundary]:
    """Return the boundaries of a network in the order of the flow: input, layers, outputs."""
    model = network.model
    acting, _ = split_head(network)
    chains = [take_apart(model, layer) for layer in network.layers[:-1]]
    moves = [[node for node in acting if node.op_type in MOVES], *(c.moves for c in chains)]
    names = [INPUT, *(layer.name for layer in network.layers)]
    found = [
        _boundary(network, name, shape_of(model, tensor), moved)
        for name, tensor, moved in zip(names, layer_inputs(network), moves, strict=False)
    ]
    sums = shape_of(model, model.get_node_from_name(names[-1]).output[0])
    found.append(_boundary(network, names[-1], sums, ()))
    return [*found, _boundary(network, OUTPUTS, network.output_shape, ())]


def _boundary(
    network: Network, name: str, shape: tuple[int, ...], moves: Sequence[NodeProto]
) -> Boundary:
    if not moves:
        return Boundary(name, shape[1:], shape[1:], None)
    image = shape_of(network.model, dynamic_inputs(network.model, moves[0])[0])
    return Boundary(name, shape[1:], image[1:], element_order(network, moves, image))
