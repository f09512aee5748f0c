# SPDX-License-Identifier: BSD-3-Clause
"""Resources unit by unit: summed, kept, and made anew where something has changed."""

from __future__ import annotations

import shutil

import pytest

from hw_bnn.build import synthesis
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.plan import Plan, read_streams
from hw_bnn.errors import HwBnnError
from hw_bnn.files import read_json, write_json

pytestmark = pytest.mark.rtl
CHANGED = "XnorMVAU_rtl_1"


@pytest.fixture
def resources(counted):
    return BuildFolder(counted).read_report()["resources"]


@pytest.fixture
def runs(monkeypatch):
    """Names of the modules that yosys is started for."""
    started = []
    original = synthesis.run_yosys

    def note(files, top, *arguments):
        started.append(top)
        return original(files, top, *arguments)

    monkeypatch.setattr(synthesis, "run_yosys", note)
    return started


def rewrite(out, name, change) -> None:
    """Change a file of the accelerator, with all records of it."""
    folder = BuildFolder(out)
    path = folder.rtl / name
    path.write_text(change(path.read_text()))
    streams, _ = read_streams(folder.rtl)
    files = {p.name: p.read_text() for p in folder.rtl.iterdir() if p.name != "streams.json"}
    digest = Plan(files, streams).digest
    write_json(
        folder.rtl / "streams.json", read_json(folder.rtl / "streams.json") | {"digest": digest}
    )
    folder.update_report(digest=digest)


def test_units_add_up_to_the_total(counted, resources):
    report = BuildFolder(counted).read_report()
    assert report["fifo_depths"].keys() | report["folding"].keys() <= resources["layers"].keys()
    layers, total = resources["layers"].values(), resources["total"]
    for name in synthesis.SUMMED:
        assert sum(unit[name] for unit in layers) == total[name], name
    assert total["lut"] > 0
    assert total["ff"] > 0
    assert total["levels"] >= max(unit["levels"] for unit in layers) > 0
    assert total["delay_ns"] == max(unit["delay_ns"] for unit in layers) > 0.3
    distinct = {unit["folder"]: unit["seconds"] for unit in layers}
    assert len(distinct) < len(layers)
    assert total["seconds"] == pytest.approx(sum(distinct.values()))
    assert "not placed" in resources["note"]


def test_each_unit_has_a_netlist_of_its_own_name(counted, resources):
    folder = BuildFolder(counted)
    for unit in resources["layers"]:
        text = synthesis.netlist(folder, unit).read_text()
        assert text.count(f"module {unit}(") == text.count("endmodule") == 1
    first, *_, last = [n for n in resources["layers"] if n.startswith("StreamingFIFO")]
    same = resources["layers"][first]["folder"] == resources["layers"][last]["folder"]
    texts = [synthesis.netlist(folder, unit).read_text() for unit in (first, last)]
    assert (texts[1] == texts[0].replace(f"module {first}(", f"module {last}(")) == same


def test_one_flat_run_finds_what_the_units_add_up_to(counted, resources, tmp_path):
    """Memories are the same; logic and registers that nothing reads go, such as padding's."""
    whole, total = synthesis.synthesise_whole(counted, tmp_path), resources["total"]
    for name in ("lutram", "bram36", "dsp"):
        assert whole[name] == total[name]
    for name in ("lc", "ff"):
        assert 0.75 * total[name] < whole[name] < 1.05 * total[name]


def test_a_rebuild_synthesises_only_what_has_changed(counted, resources, tmp_path, runs):
    before, out = resources, tmp_path / "out"
    shutil.copytree(counted, out)
    assert synthesis.synthesise(out) == before
    assert runs == []

    digits = {"0": "f", "f": "0"}
    rewrite(out, f"{CHANGED}_weights.mem", lambda text: digits.get(text[0], "0") + text[1:])
    after = synthesis.synthesise(out)
    assert runs == [CHANGED]
    assert {n: u for n, u in after["layers"].items() if n != CHANGED} == {
        n: u for n, u in before["layers"].items() if n != CHANGED
    }
    # Of the old unit nothing is left.
    folders = {unit["folder"] for unit in after["layers"].values()}
    assert {path.parent.name for path in (out / "synthesis").glob("*/*.v")} == folders
    assert {path.stem for path in (out / "stages" / "synthesis").iterdir()} == folders

    runs.clear()
    synthesis.netlist(BuildFolder(out), CHANGED).unlink()
    assert synthesis.synthesise(out) == after
    assert runs == []


def test_a_failing_unit_is_named_and_the_others_are_kept(counted, resources, tmp_path, runs):
    out = tmp_path / "out"
    shutil.copytree(counted, out)
    rewrite(out, f"{CHANGED}.v", lambda text: text.replace("xnor_mvau #", "xnor_nothing #"))
    with pytest.raises(HwBnnError, match=f"synthesis of {CHANGED} failed: .*xnor_nothing"):
        synthesis.synthesise(out)
    rewrite(out, f"{CHANGED}.v", lambda text: text.replace("xnor_nothing #", "xnor_mvau #"))
    runs.clear()
    assert synthesis.synthesise(out) == resources
    assert runs == []


def test_a_unit_is_made_of_what_it_names(counted):
    rtl = BuildFolder(counted).rtl
    fifo = next(rtl.glob("StreamingFIFO*.v")).stem
    names = {path.name for path in synthesis.unit_files(rtl, fifo)}
    assert {f"{fifo}.v", "stream_fifo.sv", "fold_counter.sv"} <= names
    assert "xnor_mvau.sv" not in names
    names = {path.name for path in synthesis.unit_files(rtl, CHANGED)}
    assert {f"{CHANGED}_weights.mem", "xnor_mvau.sv", "xnor_pe.sv", "dual_lut.sv"} <= names
