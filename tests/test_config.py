# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hw_bnn.config import BuildConfig, ExperimentConfig, known_boards, load_config, validate
from hw_bnn.errors import HwBnnError

BUILD = {"board": "Pynq-Z1"}


def load(folder: Path, text: str) -> ExperimentConfig:
    path = folder / "tfc.yaml"
    path.write_text(text)
    return load_config(path)


def refused(folder: Path, text: str) -> str:
    """The message less the folder; it must be one line that starts with the file."""
    with pytest.raises(HwBnnError) as error:
        load(folder, text)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(f"{folder / 'tfc.yaml'}:")
    return message.removeprefix(f"{folder}/")


def changed(section: str, **values: Any) -> str:
    content: dict[str, Any] = {"data": {"name": "digits"}, "build": BUILD}
    content[section] = {**content.get(section, {}), **values}
    return yaml.safe_dump(content)


def test_defaults_and_name(tmp_path: Path) -> None:
    config = load(tmp_path, changed("train"))
    assert config.name == "tfc"
    assert config.model.hidden == [64, 64, 64]
    assert config.model.shifts() == [0.0, 0.0, 0.0]
    assert config.build.part == "xc7z020clg400-1"


def test_a_loaded_configuration_reads_back_from_its_own_dump(tmp_path: Path) -> None:
    config = load(tmp_path, changed("model", threshold={"policy": "shift", "shift": [1, 2, -0.5]}))
    assert validate(ExperimentConfig, config.model_dump(mode="json"), "dump") == config
    assert config.model.shifts() == [1.0, 2.0, -0.5]


def test_a_convolutional_network_reads_back_from_its_own_dump(tmp_path: Path) -> None:
    config = load(tmp_path, changed("model", kind="cnv", channels=[[8], [16, 16]], hidden=[]))
    assert validate(ExperimentConfig, config.model_dump(mode="json"), "dump") == config
    assert config.model.shifts() == [0.0] * 3


def test_exponents_without_a_point_are_numbers(tmp_path: Path) -> None:
    text = "data: {name: digits}\nbuild: {board: Pynq-Z1}\ntrain: {learning_rate: 1e-3}\n"
    assert load(tmp_path, text).train.learning_rate == 0.001


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("train", {"epochs": -3}, "train.epochs is -3: must be at least 1"),
        ("train", {"epochs": "60"}, "train.epochs is '60': must be a whole number"),
        ("train", {"epochs": True}, "train.epochs is true: must be a whole number"),
        ("train", {"seed": None}, "train.seed is null: must be a whole number"),
        ("train", {"learning_rate": float("nan")}, "is nan: must be a finite number"),
        ("train", {"validation_fraction": 1.0}, "is 1.0: must be less than 1"),
        (
            "train",
            {"schedule": "square"},
            "train.schedule is 'square': must be 'cosine', 'linear' or 'step'",
        ),
        (
            "train",
            {"loss": "squared_hinge", "label_smoothing": 0.1},
            'train.label_smoothing is 0.1: must be left out with loss "squared_hinge"',
        ),
        ("train", {"epoch": 1}, "train.epoch is not a key of train: must be one of epochs, "),
        ("data", {"name": "cifar"}, "data.name is 'cifar': must be 'digits', 'mnist', 'fashion"),
        ("model", {"hidden": []}, "model.hidden is []: must have at least 1 value"),
        ("model", {"hidden": [64, 0]}, "model.hidden[1] is 0: must be at least 1"),
        ("model", {"hidden": [8193]}, "model.hidden[0] is 8193: must be at most 8192"),
        ("model", {"input_threshold": 0}, "model.input_threshold is 0: must be greater than 0"),
        (
            "model",
            {"threshold": {"policy": "shift", "shift": [1.0, 2.0]}},
            "model.threshold.shift has 2 values: must be one number, or 3 numbers",
        ),
        (
            "model",
            {"threshold": {"policy": "shift", "shift": [1.0, "a"]}},
            "model.threshold.shift[1] is 'a': must be a number",
        ),
        ("model", {"kind": "cnn"}, "model.kind is 'cnn': must be 'mlp' or 'cnv'"),
        ("model", {"kind": "cnv", "channels": [[]]}, "model.channels[0] is []: must have at least"),
        ("model", {"kind": "cnv", "padding": 2}, "model.padding is 2: must be 0 or 1"),
        (
            "model",
            {"kind": "cnv", "input_threshold": 0.5},
            "model.input_threshold is not a key of model: must be one of threshold, surrogate, ",
        ),
        (
            "model",
            {"kind": "cnv", "threshold": {"policy": "shift", "shift": [0.5]}},
            "model.threshold.shift has 1 values: must be one number, or 8 numbers",
        ),
        (
            "model",
            {"threshold": {"policy": "median"}},
            "model.threshold.policy is 'median': must be 'zero', 'shift', 'learned'",
        ),
        (
            "model",
            {"threshold": {"policy": "balanced", "shift": 0.5}},
            'model.threshold.shift is 0.5: must be 0 under policy "balanced"',
        ),
        (
            "model",
            {"threshold": {"policy": "shift"}},
            'model.threshold.shift is missing: must be given under policy "shift"',
        ),
        (
            "model",
            {"threshold": {"policy": "shift", "shift": 0.5, "initial": "batch"}},
            'model.threshold.initial is batch: must be left out under policy "shift"',
        ),
        (
            "model",
            {"surrogate": {"name": "clip", "beta": 2.0}},
            'model.surrogate.beta is 2.0: must be left out with name "clip"',
        ),
        (
            "model",
            {"weights": {"surrogate": {"name": "ede", "start": 0}}},
            "model.weights.surrogate.start is 0: must be greater than 0",
        ),
        (
            "model",
            {"weights": {"method": "xnor"}},
            "model.weights.method is 'xnor': must be 'sign'",
        ),
        ("train", {"kurtosis_target": 0.5}, "train.kurtosis_target is 0.5: must be at least 1"),
        ("train", {"crop": -1}, "train.crop is -1: must be at least 0"),
        ("model", {"threshold": {"shift": 1.0}}, "model.threshold.shift is 1.0: must be 0 under"),
        ("model", {"threshold": {"t": 1}}, "model.threshold.t is not a key of model.threshold"),
        ("build", {"synth_clk_period_ns": 0}, "build.synth_clk_period_ns is 0: must be greater"),
        ("build", {"folding_config_file": "no.json"}, "is 'no.json': must be an existing file"),
        (
            "build",
            {"folding_config_file": "tfc.yaml", "target_fps": 10},
            "build.target_fps is 10: must be left out beside folding_config_file",
        ),
        (
            "build",
            {"resource_budget": 0.5, "target_fps": 10},
            "build.target_fps is 10: must be left out beside resource_budget",
        ),
        (
            "build",
            {"resource_budget": 0.5, "folding_config_file": "tfc.yaml"},
            "build.resource_budget is 0.5: must be left out beside folding_config_file",
        ),
        ("build", {"resource_budget": 0}, "build.resource_budget is 0: must be greater than 0"),
        ("build", {"resource_budget": 80.0}, "build.resource_budget is 80.0: must be at most 1"),
        ("build", {"target_fps": 10**9}, "build.target_fps is 1000000000: must be at most"),
        ("build", {"board": None}, "build.board is missing: must be given, or fpga_part"),
        ("build", {"fpga_part": "xc7z010"}, "build.fpga_part is 'xc7z010': must be 'xc7z020clg"),
        ("build", {"input": "int8"}, "build.input is 'int8': must be 'uint8/255', 'uint8' or"),
        ("build", {"synthesise": "no"}, "build.synthesise is 'no': must be true or false"),
    ],
)
def test_a_refused_value_is_named(
    tmp_path: Path, section: str, values: dict[str, Any], message: str
) -> None:
    assert message in refused(tmp_path, changed(section, **values))


def test_an_unknown_board_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    message = refused(tmp_path, changed("build", board="Pynq"))
    assert "build.board is 'Pynq'" in message
    assert all(board in message for board in known_boards())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a mapping with the keys name, data, model, train, build"),
        ("- 1", "must be a mapping"),
        ("data: [", "line 1, column 8: not valid YAML"),
        ("data:\n\tname: digits", "line 2, column 1: not valid YAML"),
        ("data: {name: digits, name: mnist}", "line 1, column 22: not valid YAML: the key name"),
        ("\x00", "not valid YAML"),
        ("[" * 5000, "not valid YAML"),
        ("data: 3\nbuild: {board: Pynq-Z1}", "data is 3: must be a mapping"),
        ("build: {board: Pynq-Z1}", "data is missing: give it some of the keys name, view"),
        ("data: {name: digits}\nbuild: 3", "build is 3: must be a mapping"),
        ("data: {}\nbuild: {board: Pynq-Z1}", "data.name is missing: give it a value"),
        (changed("trian"), "trian is not a key of the file"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert message in refused(tmp_path, text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HwBnnError, match="no such file"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(HwBnnError, match="cannot be read"):
        load_config(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"name: \xe9")
    with pytest.raises(HwBnnError, match="must be UTF-8 text: byte 6"):
        load_config(tmp_path / "latin.yaml")


def test_a_folding_file_is_looked_for_beside_the_experiment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "f.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    config = load(tmp_path / "inner", changed("build", folding_config_file="f.json"))
    assert config.build.folding_config_file == tmp_path / "inner" / "f.json"
    assert validate(BuildConfig, {**BUILD, "folding_config_file": "inner/f.json"}, "options")


def test_a_part_can_stand_for_a_board() -> None:
    assert validate(BuildConfig, {"fpga_part": "xc7z010clg225-1"}, "options").part.endswith("225-1")
