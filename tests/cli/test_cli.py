# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hw_bnn import cli
from hw_bnn.errors import HwBnnError
from hw_bnn.files import write_json
from hw_bnn.report import page

HEAVY = {"torch", "brevitas", "finn", "qonnx", "onnx", "sklearn", "matplotlib", "numpy", "pydantic"}


class Result(SimpleNamespace):
    code: int
    out: str
    err: str


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str | Path) -> Result:
        with pytest.raises(SystemExit) as stop:
            cli.main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Result(code=stop.value.code, out=captured.out, err=captured.err)

    return run


def provide(monkeypatch: pytest.MonkeyPatch, module: str, **functions: Any) -> None:
    """Stand in for a module that a verb imports."""
    stand_in = SimpleNamespace(**functions)
    monkeypatch.setitem(sys.modules, module, stand_in)
    parent, _, name = module.rpartition(".")
    monkeypatch.setattr(sys.modules[parent], name, stand_in, raising=False)


def test_the_command_line_starts_without_the_heavy_packages() -> None:
    code = (
        "import sys, hw_bnn.cli as c\n"
        "[c.group.get_command(None, verb) for verb in c.VERBS]\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
    assert "click" in loaded.stdout.split()
    assert not HEAVY & set(loaded.stdout.split())


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_has_help_and_json(call: Any, verb: str) -> None:
    result = call(verb, "--help")
    assert result.code == 0
    assert "--json" in result.out
    assert verb in call("--help").out


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hw_bnn", "run", "none.yaml", "--out", "x"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: none.yaml: no such file\n"


def test_a_wrong_value_is_one_line(call: Any, tmp_path: Path) -> None:
    config = tmp_path / "tfc.yaml"
    config.write_text("data: {name: digits}\nbuild: {board: Pynq-Z1}\ntrain: {epochs: -3}\n")
    result = call("run", config, "--out", tmp_path / "out")
    assert result.code == 2
    assert result.err == f"error: {config}: train.epochs is -3: must be at least 1\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["walk"],
        ["run"],
        ["simulate", ".", "--input", "x", "--output", "y", "--backend", "vhdl"],
        ["simulate", ".", "--input", "x", "--output", "y", "--backend", "rtl", "--idle", "1"],
        ["simulate", ".", "--input", "x", "--output", "y", "--backend", "golden", "--idle", "0.5"],
        ["verify", "."],
        ["verify", ".", "--data", "digits", "--input", "x.npy"],
        ["verify", ".", "--data", "digits", "--images", "0"],
        ["verify", ".", "--data", "digits", "--labels", "y.npy"],
    ],
)
def test_wrong_usage_is_one_line_and_2(call: Any, arguments: list[str]) -> None:
    result = call(*arguments)
    assert result.code == 2
    verb = f" {arguments[0]}" if arguments[0] != "walk" else ""
    assert re.fullmatch(rf"error: .+[^.]\. See hw-bnn{verb} --help\.\n", result.err)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (HwBnnError("a\nb"), 2, "error: a b\n"),
        (KeyboardInterrupt(), 130, "interrupted; run the same command again to continue\n"),
        (PermissionError(13, "Permission denied", "out"), 2, "error: out: Permission denied\n"),
    ],
)
def test_errors_become_exit_codes(
    call: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, text: str
) -> None:
    def fail() -> dict[str, Any]:
        raise error

    provide(monkeypatch, "hw_bnn.bench", run=lambda *_, **__: fail(), OPTIONS={})
    result = call("bench", "x", "--out", "unused.json", "--json")
    assert (result.code, result.out) == (code, "")
    assert result.err.lstrip("\n") == text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_became_another_error_is_one(
    call: Any, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def broken_import(*_: Any, **__: Any) -> None:
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None

    provide(monkeypatch, "hw_bnn.bench", run=broken_import, OPTIONS={})
    before = signal.signal(number, signal.default_int_handler)  # ignored in background jobs
    try:
        result = call("bench", "x", "--out", "unused.json")
    finally:
        signal.signal(number, before)
    assert (result.code, result.err.lstrip("\n")) == (
        130,
        "interrupted; run the same command again to continue\n",
    )


def test_json_is_alone_on_stdout(
    call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def train(config: Any, out: Path, **_: Any) -> dict[str, Any]:
        print("chatter")
        subprocess.run(["echo", "chatter of a child"], check=True)
        return {"a": np.int64(3), "b": np.array([1.5]), "c": out}

    provide(monkeypatch, "hw_bnn.training", train=train)
    config = tmp_path / "tfc.yaml"
    config.write_text("data: {name: digits}\nbuild: {board: Pynq-Z1}\n")
    result = call("train", config, "--out", "x", "--json")
    assert result.code == 0
    assert json.loads(result.out) == {"a": 3, "b": [1.5], "c": "x"}
    assert "chatter\n" in result.err
    assert "chatter of a child\n" in result.err


def test_doctor_lists_what_is_here(call: Any) -> None:
    result = call("doctor", "--json")
    found = {tool["name"]: tool for tool in json.loads(result.out)["tools"]}
    assert found["torch"]["version"].startswith("2.")
    missing = [t for t in found.values() if not t["version"] and not t["optional"]]
    assert result.code == (1 if missing else 0)


def test_doctor_names_what_is_missing(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def tool(name: str, version: str | None, optional: bool = False) -> SimpleNamespace:
        seen = SimpleNamespace(version=version, path=None) if version else None
        return SimpleNamespace(
            name=name, purpose="p", how_to_get=f"get {name}", optional=optional, look=lambda: seen
        )

    found = [tool("here", "1.2"), tool("extra", None, optional=True)]
    monkeypatch.setattr("hw_bnn.tools.inventory.tools", lambda: found)
    assert call("doctor").code == 0
    found.append(tool("gone", None))
    result = call("doctor")
    assert result.code == 1
    assert "get gone" in result.out
    assert result.err.endswith("failed: missing or too old: gone\n")


def test_build_passes_its_options_on(
    call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Any] = []

    def build(model: Path, out: Path, config: Any, *, progress: Any) -> dict[str, Any]:
        with progress.step("fold", total=2) as advance:
            advance()
        seen.extend([model, out, config])
        report = {"name": "net", "cycles_per_inference": 896}
        write_json(out / "report.json", report)
        return report

    provide(monkeypatch, "hw_bnn.build", build=build)
    model = tmp_path / "m.onnx"
    model.write_bytes(b"")
    options = ["--target-fps", "500", "--clock-ns", "5", "--input-quantiser", "hardware"]
    result = call("build", model, "--out", tmp_path / "b", *options)
    assert result.code == 0
    assert "896" in result.out
    assert "<b>896</b>" in (tmp_path / "b" / page.FILE).read_text()
    assert "fold" in result.err
    assert seen[:2] == [model, tmp_path / "b"]
    assert (seen[2].target_fps, seen[2].synth_clk_period_ns, seen[2].board) == (500, 5, "Pynq-Z1")
    assert seen[2].input_quantiser == "hardware"
    assert call("build", model, "--out", tmp_path, "--board", "X").err.startswith(
        "error: hw-bnn build: board is 'X': must be one of "
    )
    assert call("build", tmp_path, "--out", tmp_path).err.endswith("is a folder, not a file\n")


def test_synth_writes_the_page(call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def synthesise(build_dir: Path, **_: Any) -> dict[str, Any]:
        used = {"total": {"lc": 4321}}
        write_json(build_dir / "report.json", {"resources": used | {"layers": {}}})
        return used

    provide(monkeypatch, "hw_bnn.build", synthesise=synthesise)
    assert call("synth", tmp_path).code == 0
    assert "<b>4,321</b>" in (tmp_path / page.FILE).read_text()


def test_simulate_reads_and_writes_arrays(
    call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def simulate(build_dir: Path, images: np.ndarray, **options: Any) -> np.ndarray:
        assert options.pop("progress") is not None
        assert options == {"backend": "rtl", "idle": 0.5, "backpressure": 0.0, "seed": 7}
        return images.sum(axis=1, dtype=np.int64)

    provide(monkeypatch, "hw_bnn.build", simulate=simulate)
    source, target = tmp_path / "x.npy", tmp_path / "new" / "y.npy"
    np.save(source, np.ones((2, 3), np.uint8))
    files = ["--input", source, "--output", target]
    result = call(
        "simulate", tmp_path, *files, "--backend", "rtl", "--idle", "0.5", "--seed", "7", "--json"
    )
    assert result.code == 0, result.err
    assert json.loads(result.out)["shape"] == [2]
    assert np.load(target).tolist() == [3, 3]
    missing = call("simulate", tmp_path / "none", *files, "--backend", "golden")
    assert missing.code == 2
    assert "no such folder" in missing.err


def test_a_file_that_cannot_be_written_has_the_name_that_was_given(
    call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    provide(monkeypatch, "hw_bnn.build", simulate=lambda build, images, **_: images)
    np.save(tmp_path / "x.npy", np.ones((2, 3), np.uint8))
    files = ["--input", tmp_path / "x.npy", "--output", "/proc/y.npy"]
    result = call("simulate", tmp_path, *files, "--backend", "golden")
    assert result.code == 2
    assert result.err.splitlines()[-1].startswith("error: /proc/y.npy: ")


def test_a_build_has_no_training_to_export(call: Any, tmp_path: Path) -> None:
    (tmp_path / "source.onnx").write_bytes(b"")
    result = call("export", tmp_path)
    assert result.code == 2
    assert result.err.startswith(f"error: {tmp_path}: is a build, not a training; ")


def test_a_mismatch_fails_verify(
    call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entry = {"stage": "rtl", "reference": "golden", "samples": 9, "mismatches": 0}
    calls: list[tuple[int, Any, int]] = []

    def verify(
        build_dir: Path, images: np.ndarray, labels: Any, rtl_images: int, **_: Any
    ) -> dict[str, Any]:
        calls.append((len(images), labels, rtl_images))
        write_json(build_dir / "report.json", {"cycles_per_inference": 7})
        return {"bit_exact": [entry]}

    provide(monkeypatch, "hw_bnn.verify", verify=verify)
    source = tmp_path / "x.npy"
    np.save(source, np.ones((4, 3), np.uint8))
    arguments = ["verify", tmp_path, "--input", source, "--images", "3"]
    assert call(*arguments).code == 0
    assert "<b>7</b>" in (tmp_path / page.FILE).read_text()
    entry["mismatches"] = 2
    result = call(*arguments, "--json")
    assert result.code == 1
    assert json.loads(result.out)["bit_exact"][0]["mismatches"] == 2
    assert result.err.endswith("failed: rtl differs from golden in 2 of 9 samples\n")
    assert calls == [(3, None, 0), (3, None, 0)]
    labels = tmp_path / "y.npy"
    np.save(labels, np.arange(4))
    entry["first"] = {"text": "layer a, channel 3, image 5: 1 instead of -1"}
    result = call(*arguments, "--labels", labels, "--rtl-images", "2")
    assert result.code == 1
    assert result.err.endswith("samples, first at layer a, channel 3, image 5: 1 instead of -1\n")
    assert (calls[-1][1].tolist(), calls[-1][2]) == ([0, 1, 2], 2)


def test_bench_writes_its_rows(call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    measured = {"benchmark": "golden", "rows": [{"network": "tfc", "fps": 1234567.0}]}
    provide(monkeypatch, "hw_bnn.bench", run=lambda name, progress: measured, OPTIONS={})
    out = tmp_path / "rows.json"
    result = call("bench", "golden", "--out", out)
    assert result.code == 0
    assert "1,234,567" in result.out
    assert json.loads(out.read_text()) == measured
