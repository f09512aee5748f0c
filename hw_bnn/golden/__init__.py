# SPDX-License-Identifier: BSD-3-Clause
"""The oracle: a fast, bit-packed executor of the integer network."""

from hw_bnn.golden.executor import Golden

__all__ = ["Golden"]
