# SPDX-License-Identifier: BSD-3-Clause
"""Binary neural networks to streaming XNOR-popcount FPGA accelerators, on FINN+."""

from __future__ import annotations

__version__ = "0.1.0"
