# SPDX-License-Identifier: BSD-3-Clause
"""What lies where in a build folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hw_bnn.errors import HwBnnError
from hw_bnn.files import read_json, write_json


class BuildFolder:
    """A folder that `build` has written or will write."""

    def __init__(self, path: Path) -> None:
        """Take the folder's path; it need not exist yet."""
        self.path = path
        self.source = path / "source.onnx"
        """The network as it was given."""
        self.dataflow = path / "dataflow"
        """FINN+'s output folder: intermediate_models/, report/, and what stands below."""
        self.integer = self.dataflow / "integer.onnx"
        """The integer network."""
        self.rtl = self.dataflow / "rtl"
        """The accelerator: Verilog, memory files, streams.json."""
        self.synthesis = path / "synthesis"
        """Netlist and log of yosys."""
        self.report = path / "report.json"

    def require_writable(self) -> None:
        """Refuse a path that holds something other than a build."""
        if self.path.exists() and not self.path.is_dir():
            raise HwBnnError(f"{self.path}: is a file; choose another --out")
        if self.path.is_dir() and any(self.path.iterdir()) and not self._begun():
            raise HwBnnError(f"{self.path}: is not empty and is no build; choose another --out")

    def require_built(self) -> None:
        """Refuse a path that holds no finished build."""
        if not (self.report.is_file() and self.integer.is_file() and self.rtl.is_dir()):
            raise HwBnnError(f"{self.path}: holds no finished build; run hw-bnn build first")

    def _begun(self) -> bool:
        return (self.path / "stages").is_dir() or (self.path / "train").is_dir()

    def read_report(self) -> dict[str, Any]:
        """Return the report."""
        self.require_built()
        return dict(read_json(self.report))

    def update_report(self, **parts: Any) -> dict[str, Any]:
        """Replace parts of the report and return it whole."""
        report = self.read_report() | parts
        write_json(self.report, report)
        return report
