# SPDX-License-Identifier: BSD-3-Clause
"""`python -m hw_bnn` is `hw-bnn`."""

from __future__ import annotations

from hw_bnn.cli import main

main()
