# SPDX-License-Identifier: BSD-3-Clause
"""Studies: training methods times seeds under one recipe, compared seed by seed."""

from __future__ import annotations

from hw_bnn.study.config import StudyConfig as StudyConfig
from hw_bnn.study.config import load_study as load_study
from hw_bnn.study.runs import study as study
