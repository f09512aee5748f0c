# SPDX-License-Identifier: BSD-3-Clause
"""A build resumes, keeps what it had when it fails, and leaves foreign folders alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hw_bnn.build import build, pipeline
from hw_bnn.build.folder import BuildFolder
from hw_bnn.build.plan import TOP
from hw_bnn.errors import HwBnnError
from hw_bnn.files import sha256
from tests.build.conftest import draw, write_folding

pytestmark = pytest.mark.rtl


class StageRunError(Exception):
    """A stage was run."""


@pytest.fixture
def no_stage(monkeypatch):
    """Make every stage fail when it runs."""

    def refuse(*_arguments, **_options):
        raise StageRunError

    for name in ("_dataflow", "_pace", "synthesise"):
        monkeypatch.setattr(pipeline, name, refuse)


@pytest.fixture
def case(built):
    return built(1)


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_an_unchanged_build_runs_no_stage(case, no_stage):
    before = contents(case.out)
    report = build(case.model, case.out, case.config)
    for key in case.report.keys() - {"bit_exact", "accuracy", "seconds"}:  # verified since
        assert report[key] == case.report[key], key
    assert contents(case.out) == before


def changes(case, tmp_path):
    other = write_folding(tmp_path / "f.json", [{"PE": 1, "SIMD": 1}])
    return {
        "folding": {"folding_config_file": other},
        "clock": {"synth_clk_period_ns": 4.0},
        "part": {"fpga_part": "xczu3eg-sbva484-1-e"},
        "input": {"input": "float"},
    }


@pytest.mark.parametrize("change", ["folding", "clock", "part", "input"])
def test_a_changed_option_runs_the_stage(case, no_stage, tmp_path, change):
    config = case.config.model_copy(update=changes(case, tmp_path)[change])
    with pytest.raises(StageRunError):
        build(case.model, case.out, config)


def test_an_edited_folding_file_runs_the_stage(case, no_stage, tmp_path):
    """The file's content counts, not its name."""
    copy = tmp_path / "folding.json"
    copy.write_text(case.config.folding_config_file.read_text())
    config = case.config.model_copy(update={"folding_config_file": copy})
    build(case.model, case.out, config)
    write_folding(copy, [{"PE": 1, "SIMD": 1}])
    with pytest.raises(StageRunError):
        build(case.model, case.out, config)


def test_the_build_of_another_network_is_not_replaced(case, no_stage, tmp_path):
    before = contents(case.out)
    with pytest.raises(HwBnnError, match=r"holds the build of another network.*--out"):
        build(draw(2)[0].save(tmp_path / "other.onnx"), case.out, case.config)
    assert contents(case.out) == before


def test_a_stage_whose_files_are_gone_is_run_again(case, no_stage, tmp_path):
    """Otherwise a build would report success and leave no accelerator."""
    out = tmp_path / "out"
    shutil.copytree(case.out, out)
    shutil.rmtree(BuildFolder(out).rtl)
    with pytest.raises(StageRunError):
        build(case.model, out, case.config)


@pytest.mark.parametrize("wrong", [{"PE": 10_007}, {"PE": 0}, {"SIMD": 1, "more": 2}])
def test_a_wrong_folding_leaves_a_build_as_it_was(case, tmp_path, wrong):
    before = contents(case.out)
    file = write_folding(tmp_path / "folding.json", [wrong])
    config = case.config.model_copy(update={"folding_config_file": file})
    with pytest.raises(HwBnnError, match="XnorMVAU_rtl_0") as caught:
        build(case.model, case.out, config)
    assert "\n" not in str(caught.value)
    assert contents(case.out) == before
    assert not [path for path in case.out.iterdir() if path.name.startswith(".")]


def test_a_refused_model_leaves_a_build_as_it_was(case, tmp_path):
    before = contents(case.out)
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(HwBnnError, match=r"text\.onnx"):
        build(tmp_path / "text.onnx", case.out, case.config)
    assert contents(case.out) == before


def test_a_refused_model_leaves_no_new_folder(case, tmp_path):
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(HwBnnError):
        build(tmp_path / "text.onnx", tmp_path / "out", case.config)
    assert not (tmp_path / "out").exists()


def test_a_failed_first_build_can_be_mended(case, tmp_path, request):
    out, file = tmp_path / "out", write_folding(tmp_path / "folding.json", [{"PE": 10_007}])
    config = case.config.model_copy(update={"folding_config_file": file})
    with pytest.raises(HwBnnError, match="PE is 10007"):
        build(case.model, out, config)
    assert not out.exists()
    request.getfixturevalue("no_stage")
    with pytest.raises(StageRunError):
        build(case.model, out, case.config)


KILLED = """
import os, sys
from pathlib import Path
from hw_bnn.build import build
from hw_bnn.config import BuildConfig
from hw_bnn.dataflow import engine

if __name__ == "__main__":
    engine.run_steps = lambda *_: os._exit(9)
    build(Path(sys.argv[1]), Path(sys.argv[2]),
          BuildConfig(fpga_part="xc7z020clg400-1", input=sys.argv[3], synthesise=False))
"""


def test_a_killed_first_build_can_be_continued(case, no_stage, tmp_path):
    script, out = tmp_path / "killed.py", tmp_path / "out"
    script.write_text(KILLED)
    killed = subprocess.run(
        [sys.executable, str(script), str(case.model), str(out), case.config.input],
        cwd=Path(__file__).parents[2], env=_environment(), capture_output=True, check=False,
    )  # fmt: skip
    assert killed.returncode == 9, killed.stderr
    assert out.is_dir()
    with pytest.raises(StageRunError):
        build(case.model, out, case.config)


def _environment():
    return os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.mark.parametrize("name", ["letter.txt", "dataflow.txt", ".hidden"])
def test_a_folder_with_something_else_is_refused(case, tmp_path, name):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    with pytest.raises(HwBnnError, match=r"not empty and is no build.*--out"):
        build(case.model, tmp_path / "out", case.config)
    assert contents(tmp_path / "out") == {name: sha256(tmp_path / "out" / name)}


def test_a_file_in_place_of_the_folder_is_refused(case, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(HwBnnError, match="is a file"):
        build(case.model, tmp_path / "out", case.config)
    assert (tmp_path / "out").read_text() == "mine"


FINN_BUILD = """
import sys
from pathlib import Path
from unittest import mock
from hw_bnn.dataflow import engine

if __name__ == "__main__":
    engine.start(Path(sys.argv[3]) / "tmp")
    from finn.builder import build_dataflow
    from finn.builder.build_dataflow_config import DataflowBuildConfig

    config = DataflowBuildConfig.from_yaml(Path(sys.argv[2]).read_text())
    # Without Vivado only this question at the very end has no answer.
    with mock.patch.object(build_dataflow, "get_vivado_root", str):
        sys.exit(build_dataflow.build_dataflow_cfg(sys.argv[1], config))
"""


def test_a_finn_build_file_makes_the_same_accelerator(built, tmp_path):
    """FINN+ with the steps by dotted path: the same bytes as `build`."""
    from hw_bnn.build.steps import STEPS

    case = built(0)
    assert case.drawn.kind == "uint8/255"
    lines = [
        f"output_dir: {tmp_path / 'out'}",
        "synth_clk_period_ns: 10.0",
        "fpga_part: xc7z020clg400-1",
        f"folding_config_file: {case.config.folding_config_file}",
        "generate_outputs: [estimate_reports]",
        "steps:",
        *(f"  - {step}" for step in STEPS),
    ]
    (tmp_path / "build.yaml").write_text("\n".join(lines) + "\n")
    (tmp_path / "run_build.py").write_text(FINN_BUILD)
    done = subprocess.run(
        [sys.executable, "run_build.py", str(case.model), "build.yaml", "out"],
        cwd=tmp_path, env=_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = contents(tmp_path / "out" / "rtl")
    assert f"{TOP}.v" in found
    assert found == contents(BuildFolder(case.out).rtl)
