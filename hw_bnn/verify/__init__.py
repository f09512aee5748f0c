# SPDX-License-Identifier: BSD-3-Clause
"""Comparison of every stage of the flow on the same images, bit for bit."""

from hw_bnn.verify.compare import verify

__all__ = ["verify"]
