# SPDX-License-Identifier: BSD-3-Clause
"""What lies where in a build folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hw_bnn.build.plan import written_digest
from hw_bnn.errors import HwBnnError
from hw_bnn.files import read_json, sha256, write_json


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

    def require_built(self, *, unchanged: bool = True) -> None:
        """Refuse a path that holds no finished build, or (`unchanged`) whose files differ now."""
        if not (self.report.is_file() and self.integer.is_file() and self.rtl.is_dir()):
            raise HwBnnError(f"{self.path}: holds no finished build; run hw-bnn build first")
        report = read_json(self.report)
        keys = ("digest", "integer_digest", "part", "seconds", "steps")
        if not isinstance(report, dict) or any(key not in report for key in keys):
            raise HwBnnError(
                f"{self.report}: is damaged, or of another version; run hw-bnn build again"
            )
        found = (written_digest(self.rtl), sha256(self.integer))
        if unchanged and found != (report["digest"], report["integer_digest"]):
            raise HwBnnError(
                f"{self.dataflow}: files are not those that report.json tells of (changed, or a "
                "build was interrupted); run hw-bnn build again"
            )

    def _begun(self) -> bool:
        return (self.path / "stages").is_dir() or (self.path / "train").is_dir()

    def read_report(self, *, unchanged: bool = True) -> dict[str, Any]:
        """Return the report; see require_built."""
        self.require_built(unchanged=unchanged)
        return dict(read_json(self.report))

    def kept_report(self) -> dict[str, Any]:
        """Return the report of an earlier build, or nothing if there is none that fits."""
        try:
            return self.read_report()
        except HwBnnError:
            return {}

    def update_report(self, **parts: Any) -> dict[str, Any]:
        """Replace parts of the report and return it whole."""
        report = self.read_report(unchanged=False) | parts
        write_json(self.report, report)
        return report
