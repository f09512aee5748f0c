# SPDX-License-Identifier: BSD-3-Clause
"""What Xilinx parts hold, from the vendor's product tables."""

from __future__ import annotations

from hw_bnn.dataflow.solver import Cost
from hw_bnn.errors import HwBnnError

SIZES = {  # start of a part's name: look-up tables, block RAMs of 36 Kbit
    "xc7z010": (17_600, 60),
    "xc7z020": (53_200, 140),
    "xc7z030": (78_600, 265),
    "xc7z045": (218_600, 545),
    "xc7z100": (277_400, 755),
    "xczu3eg": (70_560, 216),
    "xczu7ev": (230_400, 312),
    "xczu9eg": (274_080, 912),
    "xczu28dr": (425_280, 1_080),
    "xczu48dr": (425_280, 1_080),
    "xck26": (117_120, 144),
    "xcu50": (871_680, 1_344),
    "xcu200": (1_182_240, 2_160),
    "xcu250": (1_728_000, 2_688),
    "xcu280": (1_303_680, 2_016),
    "xcu55c": (1_303_680, 2_016),
}


def budget(part: str, share: float) -> Cost:
    """Return a share of a part's look-up tables and block RAMs.

    Raises:
        HwBnnError: for a part whose size is not known.
    """
    for name, (tables, blocks) in SIZES.items():
        if part.lower().startswith(name):
            return Cost(int(share * tables), int(share * 2 * blocks))
    raise HwBnnError(
        f"part {part}: its size is not known, so no share of it can be taken; known are "
        f"{', '.join(SIZES)}; give target_fps or folding_config_file instead"
    )
