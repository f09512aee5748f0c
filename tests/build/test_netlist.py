# SPDX-License-Identifier: BSD-3-Clause
"""What yosys makes of an accelerator computes what its RTL does, whole and unit by unit."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest

from hw_bnn.build import synthesis
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.netlist import Netlist
from hw_bnn.build.unit_check import check_unit, unit_words
from hw_bnn.errors import HwBnnError
from hw_bnn.files import read_json, write_json
from hw_bnn.verify import verify

pytestmark = pytest.mark.rtl

IMAGES = np.random.default_rng(1).integers(0, 256, (20, 2, 8, 8)).astype(np.uint8)
STAGES = ("netlist", "netlist with random pauses")
KINDS = {
    "SlidingWindow_rtl_0": "",
    "XnorMVAU_rtl_0": "8-bit input, weights in logic",
    "StreamMaxPool_rtl_0": "",
    "XnorMVAU_rtl_1": "weights in block RAM",
    "XnorMVAU_rtl_2": "sums without thresholds",
    "StreamingDataWidthConverter_hwbnn_0": "",
    "StreamingFIFO_hwbnn_1": "",
}


@pytest.fixture
def copy(counted, tmp_path):
    """A build of one's own to break."""
    return BuildFolder(shutil.copytree(counted, tmp_path / "out"))


def invert(folder: BuildFolder, unit: str, kind: str) -> None:
    """Invert the function of one cell of a unit's netlist, the first of a kind."""
    path = synthesis.netlist(folder, unit)
    text, count = re.subn(
        rf"(  {kind} #\(\n    \.INIT\((\d+)'h)([0-9a-f]+)",
        lambda m: f"{m[1]}{(1 << int(m[2])) - 1 - int(m[3], 16):x}",
        path.read_text(),
        count=1,
    )
    assert count == 1
    path.write_text(text)


def test_the_netlist_agrees_at_every_boundary(copy):
    report = verify(copy.path, IMAGES, netlist_images=15)
    rows = {row["stage"]: row for row in report["bit_exact"]}
    for stage in STAGES:
        assert (rows[stage]["samples"], rows[stage]["mismatches"]) == (15, 0)
        assert all(layer["samples"] == 15 for layer in rows[stage]["layers"])
    assert report["skipped"] == []


def test_a_fault_in_the_netlist_shows_there_alone(copy):
    invert(copy, "XnorMVAU_rtl_1", "LUT6_2")
    rows = {r["stage"]: r for r in verify(copy.path, IMAGES, netlist_images=5)["bit_exact"]}
    for stage in STAGES:
        assert rows.pop(stage)["first"]["layer"] == "wide"
    assert not any(row["mismatches"] for row in rows.values())


def test_without_synthesis_the_stage_is_skipped(copy):
    copy.update_report(resources={})
    report = verify(copy.path, IMAGES, netlist_images=5)
    assert not set(STAGES) & {row["stage"] for row in report["bit_exact"]}
    assert len(report["skipped"]) == 1
    assert "hw-bnn synth" in report["skipped"][0]
    with pytest.raises(HwBnnError, match="no synthesis"):
        Netlist(copy)


def test_a_black_box_is_refused_by_name(copy):
    key = copy.read_report()["resources"]["layers"]["XnorMVAU_rtl_0"]["folder"]
    path = copy.synthesis / key / "netlist.json"
    content = read_json(path)
    next(iter(content["modules"]["XnorMVAU_rtl_0"]["cells"].values()))["type"] = "SHELL"
    write_json(path, content)
    with pytest.raises(HwBnnError, match="cell SHELL in module XnorMVAU_rtl_0 has no simulation"):
        verify(copy.path, IMAGES, netlist_images=5)


@pytest.mark.parametrize("unit", KINDS)
def test_a_unit_alone_does_what_its_rtl_does(counted, tmp_path, unit):
    folder = BuildFolder(counted)
    key = folder.read_report()["resources"]["layers"][unit]["folder"]
    words = next(words for words in unit_words(folder) if words.unit == unit)
    compared, differing = check_unit(folder, words, key, tmp_path)
    assert compared >= 100
    assert differing == 0


def test_the_units_are_of_the_kinds_that_they_stand_for(counted):
    used = BuildFolder(counted).read_report()["resources"]["layers"]
    assert used["XnorMVAU_rtl_0"]["bram36"] == 0 < used["XnorMVAU_rtl_0"]["lut"]
    assert used["XnorMVAU_rtl_1"]["bram36"] > 0
    assert used["XnorMVAU_rtl_2"]["lutram"] > 0


def test_a_fault_in_a_unit_is_counted(copy, tmp_path):
    unit = "StreamingFIFO_hwbnn_1"
    key = copy.read_report()["resources"]["layers"][unit]["folder"]
    words = next(words for words in unit_words(copy) if words.unit == unit)
    path = synthesis.netlist(copy, unit)
    text = path.read_text()
    assert text.count(".DIA(") > 0
    path.write_text(re.sub(r"\.DIA\(([^{}]*?)\)", r".DIA(~\1)", text, count=1))
    compared, differing = check_unit(copy, words, key, tmp_path / "work")
    assert 0 < differing <= compared
