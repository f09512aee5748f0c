# SPDX-License-Identifier: BSD-3-Clause
"""Figures of a design by yosys, kept in the user's cache.

They are found again where the same text is counted by the same yosys with the same code of ours
around it, so that an interrupted benchmark goes on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from hw_bnn import files
from hw_bnn.build.stages import code_digest, digest
from hw_bnn.build.synthesis import unit_files
from hw_bnn.tools.caching import cache_folder
from hw_bnn.tools.yosys import find_yosys, synthesise

FIGURES = (
    "lc", "lut", "sites", "inv", "levels", "ff", "carry", "lutram", "bram36", "dsp", "seconds",
)  # fmt: skip
"""See hw_bnn.tools.yosys.Utilisation."""


def counted(
    texts: Mapping[str, str],
    top: str,
    *,
    mapper: Literal["abc9", "abc"] = "abc9",
    reader: Literal["verilog", "slang"] = "verilog",
) -> dict[str, Any]:
    """Synthesise a design for the 7 series, each once; return FIGURES.

    Args:
        texts: Verilog and memory files by name; those that `top` does not need are left out, but
            not for slang.
        top: the module.
        mapper: see hw_bnn.tools.yosys.synthesise.
        reader: the same.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in texts.items():
            files.write_text(folder / file, text)
        needed = unit_files(folder, top) if reader == "verilog" else [folder / n for n in texts]
        ours = code_digest("tools/yosys.py", "tools/netlist.py")
        key = digest(
            find_yosys().version, ours, mapper, reader, top, [texts[path.name] for path in needed]
        )
        record = cache_folder("counted") / f"{key[:16]}.json"
        if not record.is_file():
            used = synthesise(needed, top, folder / "synthesis", mapper=mapper, reader=reader)
            figures = {figure: getattr(used, figure) for figure in FIGURES}
            files.write_json(record, figures | {"seconds": round(used.seconds, 1)})
    return dict(files.read_json(record))
