# SPDX-License-Identifier: BSD-3-Clause
"""Text of Verilog and memory files: plain functions, no disk, no subprocess, no graph."""
