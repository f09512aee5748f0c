# SPDX-License-Identifier: BSD-3-Clause
"""Training with exact resume, and loading of what was trained."""

from __future__ import annotations

from hw_bnn.training.loop import train as train
from hw_bnn.training.run import load_trained as load_trained
