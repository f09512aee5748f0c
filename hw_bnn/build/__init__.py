# SPDX-License-Identifier: BSD-3-Clause
"""From an ONNX file to a simulated and synthesised accelerator."""

from hw_bnn.build.pipeline import build
from hw_bnn.build.simulation import simulate
from hw_bnn.build.synthesis import synthesise

__all__ = ["build", "simulate", "synthesise"]
