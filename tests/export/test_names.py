# SPDX-License-Identifier: BSD-3-Clause
"""Names of a source are its own business: they never change what is computed."""

from __future__ import annotations

import contextlib
import signal

import numpy as np

from hw_bnn.export.inputs import InputKind
from hw_bnn.export.integer import to_integer
from hw_bnn.export.model import load_model, run_batches
from hw_bnn.export.network import read_network
from hw_bnn.golden import Golden
from tests.networks import Graph, signs

RNG = np.random.default_rng(0)


def binary_layer(g, inputs, outputs, name=""):
    g.matmul(signs(RNG, inputs, outputs), name=name)


def small(g):
    g.binarise()
    binary_layer(g, 9, 7, "fc")


def test_layers_of_the_same_name_are_kept_apart(tmp_path):
    """ONNX does not ask for unique node names."""
    g = Graph((9,), 13)
    for _ in range(3):
        g.binarise()
        binary_layer(g, 9, 9, "dense")
    same_as_source(g, tmp_path)


def test_a_name_like_one_that_is_given_to_unnamed_nodes(tmp_path):
    g = Graph((9,), 13)
    g.binarise()
    binary_layer(g, 9, 9)  # unnamed, the second node
    g.binarise()
    binary_layer(g, 9, 9, "MatMul_1")
    same_as_source(g, tmp_path)


def test_a_tensor_named_like_one_of_the_integer_network(tmp_path):
    g = Graph((9,), 13)
    small(g)
    g.tensor = g.plain("Mul", [g.tensor, g.constant(np.float32(0.5))], output="fc_out")
    g.add("Add", np.float32(1))
    same_as_source(g, tmp_path)


def same_as_source(g, tmp_path):
    model = load_model(g.save(tmp_path / "model.onnx"))
    x = RNG.normal(size=(20, 9)).astype(np.float32)
    expected = np.concatenate([run_batches(model, row[None]) for row in x])
    with no_loop():
        integer = to_integer(read_network(model), InputKind.FLOAT)
        found = np.concatenate([run_batches(integer, row[None]) for row in x])
        outputs = Golden(integer).run(x)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(outputs, expected)


@contextlib.contextmanager
def no_loop():
    """A cyclic graph is walked for ever: turn that into a failure."""

    def stop(_signal, _frame):
        raise RecursionError("the graph is walked for ever: is it cyclic?")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 10, 0.5)  # again: what is raised may be caught
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
