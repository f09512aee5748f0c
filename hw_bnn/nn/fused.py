# SPDX-License-Identifier: BSD-3-Clause
"""Parts of a binary convolutional network as single functions, for training on a CPU.

Batch normalisation and binary activation read and write each value some twenty times when each
operation stands alone; here they take five passes. A convolution of bits takes XNOR and popcount
instead of float products, and after a max-pool its gradient visits only the sums that won.
Values are those of the separate layers, gradients too, up to the rounding of float32 sums.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hw_bnn.nn import kernels

Array = NDArray[Any]

_FEW = 16
"""Positions of an image up to which products are faster than torch's convolutions."""


def _images(x: Tensor) -> Array:
    """View [N, C, H, W] with the channels innermost in memory as [N, H, W, C]."""
    array: Array = x.detach().permute(0, 2, 3, 1).numpy()
    return array


def _inner(x: Tensor) -> Tensor:
    """Bring the channels innermost in memory."""
    return x.detach().contiguous(memory_format=torch.channels_last)


def _empty(count: int, channels: int, height: int, width: int) -> Tensor:
    return torch.empty((count, channels, height, width), memory_format=torch.channels_last)


def _each(work: Callable[[slice], Any], count: int) -> list[Any]:
    """Do `work` on equal parts of `count` images, one for each of torch's threads."""
    threads = torch.get_num_threads()
    bounds = np.linspace(0, count, threads + 1).astype(int)
    parts = [slice(a, b) for a, b in itertools.pairwise(bounds)]
    if threads == 1:
        return [work(parts[0])]
    return list(_pool(threads).map(work, parts))


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads)


def _rows(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


class NormSign(torch.autograd.Function):
    """y = sign(gamma (x - mean) / sqrt(var + eps) + beta - t), mean and var over N, H and W.

    The sign is +1 at 0; its gradient is 1[|v| <= 1], v what stands in the brackets. var is
    mean(x^2) - mean^2 in one pass, with a relative error of the order of 2^-23 (1 + mean^2 / var):
    little for sums of a convolution of bits, much for values far from 0 and close together.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, gamma: Tensor, beta: Tensor, eps: float, t: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return y, and the mean and the biased variance of each channel."""
        x = _inner(x)
        y = torch.empty_like(x)
        values, signs = _images(x), _images(y)
        count = x.numel() // x.shape[1]
        found = _each(lambda part: kernels.sums(_rows(values[part])), len(x))
        total, squares = (sum(column) for column in zip(*found, strict=True))
        mean = total / count
        variance = np.maximum(squares / count - mean**2, 0.0)
        spread = 1.0 / np.sqrt(variance + eps)
        scale = gamma.detach().numpy() * spread
        offset = beta.detach().numpy() - mean * scale - t
        line = scale.astype(np.float32), offset.astype(np.float32)
        _each(lambda part: kernels.sign(_rows(values[part]), *line, _rows(signs[part])), len(x))
        ctx.save_for_backward(x)
        ctx.constants = mean, spread, scale, line
        statistics = _float32(mean), _float32(variance)
        ctx.mark_non_differentiable(*statistics)
        return y, *statistics

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        """Return the gradients of x, gamma and beta.

        With g the gradient inside the window, v = (x - mean) spread and P values a channel:
        dbeta = sum g, dgamma = sum g v, dx = scale (g - dbeta/P - v dgamma/P).
        """
        x: Tensor = ctx.saved_tensors[0]
        result = torch.empty_like(x)
        values, grad, out = _images(x), _images(_inner(grads[0])), _images(result)
        mean, spread, scale, line = ctx.constants
        found = _each(
            lambda part: kernels.window_sums(_rows(values[part]), _rows(grad[part]), *line), len(x)
        )
        beta_grad, products = (sum(column) for column in zip(*found, strict=True))
        gamma_grad = (products - mean * beta_grad) * spread
        count = x.numel() // x.shape[1]
        slope = -scale * spread * gamma_grad / count
        constant = -scale * beta_grad / count - slope * mean
        factors: tuple[Array, ...] = (*line, slope.astype(np.float32), constant.astype(np.float32))
        _each(
            lambda part: kernels.norm_gradient(
                _rows(out[part]), _rows(values[part]), _rows(grad[part]), *factors
            ),
            len(x),
        )
        return result, _float32(gamma_grad), _float32(beta_grad), None, None


def _float32(values: Array) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def are_signs(x: Tensor) -> bool:
    """Return whether all values of x, float32 [N, C, H, W], are +1 or -1."""
    values = _images(_inner(x))
    return all(_each(lambda part: kernels.are_signs(_rows(values[part])), len(x)))


def _pack(values: Array) -> NDArray[np.uint64]:
    """Bits [..., words] of the signs of float32 [..., C]."""
    bits = np.empty((*values.shape[:-1], -(-values.shape[-1] // 64)), np.uint64)
    kernels.pack(_rows(values), _rows(bits))
    return bits


def _weight_bits(weights: Tensor) -> NDArray[np.uint64]:
    """Bits [O, 9 words] of [O, C, 3, 3]."""
    return _pack(np.ascontiguousarray(_images(weights))).reshape(len(weights), -1)


class BinaryConv(torch.autograd.Function):
    """3x3 convolution, stride 1, of activations and weights that are all +1 or -1."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: Tensor) -> Tensor:
        """Return the sums [N, O, H - 2, W - 2] of x [N, C, H, W] and weights [O, C, 3, 3]."""
        x = _inner(x)
        ctx.save_for_backward(x, weights)
        z = _empty(len(x), len(weights), x.shape[2] - 2, x.shape[3] - 2)
        values, out, bits = _images(x), _images(z), _weight_bits(weights)
        taps = 9 * x.shape[1]
        _each(lambda part: kernels.conv(_pack(values[part]), bits, taps, out[part]), len(x))
        return z

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradients of x and weights: torch's own convolutions, or products."""
        x, weights = ctx.saved_tensors
        if grads[0][0, 0].numel() <= _FEW:
            return _product_gradients(_inner(grads[0]), x, weights)
        x_grad, w_grad, _ = torch.ops.aten.convolution_backward(
            _inner(grads[0]), x, weights, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1,
            [True, True, False],
        )  # fmt: skip
        return x_grad, w_grad


def _product_gradients(grad: Tensor, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of a 3x3 convolution as matrix products over its gathered windows."""
    count, outputs, height, width = grad.shape
    inner = x.permute(0, 2, 3, 1)
    shifts = [(slice(a, a + height), slice(b, b + width)) for a in range(3) for b in range(3)]
    windows = torch.cat([inner[:, rows, columns] for rows, columns in shifts], 3)
    g = grad.permute(0, 2, 3, 1).reshape(-1, outputs)
    w_grad = g.T @ windows.reshape(len(g), -1)
    kernel = weights.permute(0, 2, 3, 1).reshape(outputs, -1)
    parts = (g @ kernel).reshape(count, height, width, 9, -1)
    x_grad = torch.zeros_like(inner)
    for tap, (rows, columns) in enumerate(shifts):
        x_grad[:, rows, columns] += parts[:, :, :, tap]
    return x_grad.permute(0, 3, 1, 2), w_grad.view(outputs, 3, 3, -1).permute(0, 3, 1, 2)


class BinaryConvPool(torch.autograd.Function):
    """BinaryConv, then the largest sum of every 2x2 window (of equals the first)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: Tensor) -> Tensor:
        """Return [N, O, (H - 2) // 2, (W - 2) // 2] for x [N, C, H, W], weights [O, C, 3, 3]."""
        x = _inner(x)
        z = _empty(len(x), len(weights), (x.shape[2] - 2) // 2, (x.shape[3] - 2) // 2)
        values, out, bits = _images(x), _images(z), _weight_bits(weights)
        place = np.empty(out.shape, np.uint8)
        taps = 9 * x.shape[1]
        _each(
            lambda part: kernels.conv_pool(_pack(values[part]), bits, taps, out[part], place[part]),
            len(x),
        )
        ctx.save_for_backward(x, weights)
        ctx.place = place
        return z

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradients of x and weights."""
        x, weights = ctx.saved_tensors
        x_grad = torch.zeros_like(x)
        grad, values, out = _images(_inner(grads[0])), _images(x), _images(x_grad)
        signs = np.ascontiguousarray(_images(weights))
        joined = (*values.shape[:2], -1)
        kernel = signs.reshape(len(signs), 3, -1)

        def part_gradient(part: slice) -> Array:
            wins = grad[part], ctx.place[part]
            kernels.conv_pool_input_gradient(*wins, kernel, out.reshape(joined)[part])
            w_grad = np.zeros_like(kernel)
            kernels.conv_pool_weight_gradient(*wins, values.reshape(joined)[part], w_grad)
            return w_grad

        w_grad = sum(_each(part_gradient, len(x)))
        return x_grad, torch.from_numpy(w_grad.reshape(signs.shape)).permute(0, 3, 1, 2)
