# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F  # noqa: N812 (torch's own habit)

from hw_bnn.nn.fused import BinaryConv, BinaryConvPool


def signs(*shape: int, seed: int = 0) -> torch.Tensor:
    draws = torch.rand(shape, generator=torch.Generator().manual_seed(seed))
    return 2 * (draws < 0.5).float() - 1


def outcome(function, *inputs):
    """Output, and gradients of a weighted sum of it."""
    inputs = [value.clone().requires_grad_() for value in inputs]
    y = function(*inputs)
    weight = torch.randn(y.shape, generator=torch.Generator().manual_seed(9))
    return y.detach(), torch.autograd.grad((y * weight).sum(), inputs)


@pytest.mark.parametrize(
    ("function", "separate"),
    [
        (BinaryConv, F.conv2d),
        (BinaryConvPool, lambda x, w: F.max_pool2d(F.conv2d(x, w), 2)),
    ],
)
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("channels", [1, 64, 70])
def test_convolution_of_bits_is_the_convolution(function, separate, threads, channels):
    x, w = signs(5, channels, 9, 8), signs(6, channels, 3, 3, seed=1)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        y, gradients = outcome(function.apply, x, w)
    finally:
        torch.set_num_threads(before)
    expected, expected_gradients = outcome(separate, x, w)
    assert torch.equal(y, expected)
    for found, wanted in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)
