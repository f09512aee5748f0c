# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from torch import nn

from hw_bnn.config import load_config
from hw_bnn.data import load
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.models import build_model
from hw_bnn.training import checkpoint, recipe, train
from hw_bnn.training.trainer import Trainer
from hw_bnn.training.world import World, choose_device

EXPERIMENT = {
    "data": {"name": "digits"},
    "model": {"hidden": [24, 16], "threshold": {"policy": "shift", "shift": -0.5}},
    "train": {"epochs": 2, "learning_rate": 0.03, "crop": 1, "ema_decay": 0.9},
    "build": {"fpga_part": "xc7z020clg400-1"},
}
LEARNED = {"model": {"hidden": [24], "threshold": {"policy": "learned", "initial": "batch"}}}


@pytest.mark.parametrize("count", [2, 3, 10, 11])
def test_parts_are_all_and_differ_by_one_at_most(count):
    parts = [World(torch.device("cpu"), rank, 3).part(count) for rank in range(3)]
    assert [i for part in parts for i in range(count)[part]] == list(range(count))
    lengths = [part.stop - part.start for part in parts]
    assert max(lengths) - min(lengths) <= 1


def test_devices():
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(HwBnnError, match="device is 'tpu': must be one of auto, cpu, cuda"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        assert choose_device("auto").type == "cpu"
        with pytest.raises(HwBnnError, match="device is 'cuda': torch finds no GPU"):
            choose_device("cuda")


@pytest.mark.parametrize("kind", ["mlp", "cnv"])
def test_a_network_trains_where_it_lies(tmp_path, kind):
    """On a device without values nothing can take a way through the CPU."""
    model = {"mlp": EXPERIMENT["model"], "cnv": {"kind": "cnv", "channels": [[4]], "hidden": [5]}}
    path = tmp_path / "one.yaml"
    path.write_text(yaml.safe_dump({**EXPERIMENT, "model": model[kind]}))
    network = build_model(load_config(path).model, (3, 8, 8), 10)
    network.load_state_dict(network.state_dict())
    network.to("meta").train()
    images = torch.empty(4, 3, 8, 8, dtype=torch.uint8, device="meta")
    network(recipe.network_input(images)).sum().backward()
    assert {p.grad.device.type for p in network.parameters()} == {"meta"}


def test_states_are_stored_from_the_cpu():
    layer = nn.Linear(2, 2)
    stored = checkpoint.on_cpu({"a": [layer.weight, {"b": 3}]})
    assert torch.equal(stored["a"][0], layer.weight)
    assert stored["a"][0].data_ptr() != layer.weight.data_ptr()
    assert stored["a"][1] == {"b": 3}


def test_too_many_parts_are_refused(tmp_path):
    path = tmp_path / "one.yaml"
    path.write_text(yaml.safe_dump(EXPERIMENT))
    with pytest.raises(HwBnnError, match="batch_size: 100 images in 60 processes x 1 parts"):
        Trainer(load_config(path), load("digits"), World(torch.device("cpu"), 0, 60), None)


@pytest.mark.parametrize("optimiser", [{}, {"optimiser": "sgd", "momentum": 0.0}])
def test_processes_are_aligned_before_their_first_step_alone(tmp_path, monkeypatch, optimiser):
    """Thresholds that start from a batch must not reach optimiser and average before that."""
    path = tmp_path / "one.yaml"
    recipe = {"train": EXPERIMENT["train"] | optimiser}
    path.write_text(yaml.safe_dump({**EXPERIMENT, **LEARNED, **recipe}))
    run = Trainer(load_config(path), load("digits"), World(torch.device("cpu")), None)
    seen = []

    def align(_world, model):
        started = bool(model.get_parameter("4.threshold.t").any())
        seen.append((started, bool(run.optimiser.state)))

    monkeypatch.setattr(World, "align", align)
    run.one_epoch(lambda *_: None)
    assert seen == [(True, False)]


@pytest.fixture(scope="module")
def together(tmp_path_factory) -> tuple[Path, str]:
    """Folder and output of two processes that trained together."""
    folder = tmp_path_factory.mktemp("together")
    (folder / "experiment.yaml").write_text(yaml.safe_dump(EXPERIMENT))
    (folder / "learned.yaml").write_text(yaml.safe_dump({**EXPERIMENT, **LEARNED}))
    script = Path(__file__).parent / "processes.py"
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *launch, script, folder], capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done.stdout


def test_the_first_process_prints_and_writes(together):
    folder, printed = together
    assert json.loads(printed) == json.loads((folder / "whole" / "metrics.json").read_text())
    assert json.loads(printed)["test"]["images"] == 364


def test_processes_have_the_same_network(together):
    folder, _ = together
    for name in ("experiment", "learned"):
        first, second = (torch.load(folder / f"{name}-{rank}.pt") for rank in (0, 1))
        for key, value in first.items():
            assert torch.equal(value, second[key]), (name, key)


def test_two_processes_are_one_with_batches_in_two_parts(together, tmp_path):
    """Same parts, same batch statistics, same sums of gradients: the same weights, exactly."""
    folder, _ = together
    config = load_config(folder / "experiment.yaml")
    halves = config.train.model_copy(update={"accumulate": 2})
    train(config.model_copy(update={"train": halves}), tmp_path)
    one, two = checkpoint.load(tmp_path), checkpoint.load(folder / "whole")
    for key, value in one.average.items():
        assert torch.equal(value, two.average[key]), key
        assert torch.equal(one.model[key], two.model[key]), key
    mean = two.model["3.running_mean"]
    torch.testing.assert_close(one.model["3.running_mean"], mean, atol=0.5, rtol=0.1)
    assert [e["loss"] for e in one.history] == pytest.approx([e["loss"] for e in two.history])


def test_processes_resume_to_the_same_weights(together):
    folder, _ = together
    whole, parts = (checkpoint.load(folder / name) for name in ("whole", "parts"))
    for key, value in whole.model.items():
        assert torch.equal(value, parts.model[key]), key
    assert [e["loss"] for e in whole.history] == [e["loss"] for e in parts.history]
