# SPDX-License-Identifier: BSD-3-Clause
"""Reports: every figure shown stands in report.json first."""

from __future__ import annotations
