# SPDX-License-Identifier: BSD-3-Clause
"""FINN+'s build configuration with the keys that it lacks. Import only after engine.start."""

from __future__ import annotations

from dataclasses import dataclass

from finn.builder.build_dataflow_config import DataflowBuildConfig


@dataclass
class FinnConfig(DataflowBuildConfig):
    """Adds the budget, which FINN+'s own YAML files cannot give."""

    resource_budget: float | None = None
    """Share of the part's look-up tables and block RAMs to fold the layers for."""
