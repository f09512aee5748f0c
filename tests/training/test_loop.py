# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from hw_bnn.config import (
    BuildConfig,
    ExperimentConfig,
    ModelConfig,
    ThresholdConfig,
)
from hw_bnn.data import load
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.models import build_model
from hw_bnn.nn.surrogates import Ede
from hw_bnn.nn.weights import ReCU, kurtosis
from hw_bnn.training import checkpoint, load_trained, loop, objective, train, trainer
from hw_bnn.training.trainer import Trainer
from hw_bnn.training.world import World
from tests.training.runs import (
    StoppedError,
    assert_same_weights,
    experiment,
    stop_after,
    stop_after_first,
    weights,
)


def untimed(metrics):
    """Metrics without what depends on the clock."""
    epochs = [
        {key: value for key, value in epoch.items() if key not in ("seconds", "images_per_second")}
        for epoch in metrics["epochs"]
    ]
    return {**metrics, "epochs": epochs}


@pytest.mark.parametrize("interrupt", ["between epochs", "within an epoch"])
def test_interrupted_run_ends_with_the_same_weights(tmp_path, monkeypatch, interrupt):
    config = experiment(seed=3)
    expected = train(config, tmp_path / "whole")
    torch.manual_seed(99)  # the global generator must not matter
    if interrupt == "between epochs":
        with pytest.raises(StoppedError):
            train(config, tmp_path / "parts", progress=stop_after(2))
    else:
        real, calls = objective.loss, []

        def loss(*arguments):
            calls.append(1)
            if len(calls) == 30:  # in the third epoch of 12 batches
                raise KeyboardInterrupt
            return real(*arguments)

        monkeypatch.setattr(objective, "loss", loss)
        with pytest.raises(KeyboardInterrupt):
            train(config, tmp_path / "parts")
        monkeypatch.undo()
    with pytest.raises(HwBnnError, match="2 of 4 epochs"):
        load_trained(tmp_path / "parts")
    torch.rand(7)
    seen = []
    found = train(config, tmp_path / "parts", progress=lambda *event: seen.append(event[1:]))
    assert [done for done in seen if done[0] % 12 == 0] == [(36, 48), (48, 48)]
    assert untimed(found) == untimed(expected)
    assert_same_weights(tmp_path / "whole", tmp_path / "parts")
    state = [checkpoint.load(tmp_path / run) for run in ("whole", "parts")]
    for key in state[0].model:
        assert torch.equal(state[0].model[key], state[1].model[key]), key


def with_methods(**recipe) -> ExperimentConfig:
    """An experiment with everything that changes during training."""
    model = {
        "hidden": [24, 16],
        "threshold": {"policy": "learned", "initial": "batch"},
        "surrogate": {"name": "ede"},
        "weights": {"method": "recu", "surrogate": {"name": "identity"}, "clip": False},
    }
    return experiment(kurtosis_weight=0.1, crop=1, flip=True, **recipe).model_copy(
        update={"model": ModelConfig.model_validate(model)}
    )


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {"optimiser": "sgd", "learning_rate": 0.3, "accumulate": 3, "warmup_epochs": 1},
        {"ema_decay": 0.9, "precision": "bfloat16", "weight_decay": 1e-4, "decay": "weights"},
        {"distillation": {"temperature": 2.0}, "schedule": "step"},
    ],
    ids=lambda recipe: "+".join(recipe) or "plain",
)
def test_interrupted_run_with_methods_ends_with_the_same_weights(tmp_path, recipe):
    if "distillation" in recipe:
        train(experiment(epochs=1), tmp_path / "teacher")
        recipe["distillation"]["teacher"] = tmp_path / "teacher"
    config = with_methods(**recipe)
    expected = train(config, tmp_path / "whole")
    with pytest.raises(StoppedError):
        train(config, tmp_path / "parts", progress=stop_after(2))
    assert untimed(train(config, tmp_path / "parts")) == untimed(expected)
    assert_same_weights(tmp_path / "whole", tmp_path / "parts")
    assert expected["test"]["accuracy"] > 0.15  # chance is 0.1; digits hate mirrors


@pytest.fixture
def one_thread():
    """Float sums depend on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_the_plain_recipe_is_what_it_has_always_been(tmp_path):
    """Adam on all parameters, cosine, one shuffle per epoch: written out."""
    config = experiment(epochs=2, batch_size=300, validation_fraction=0.0, seed=5)
    train(config, tmp_path)
    images = torch.from_numpy(load("digits").train_images).float() / 255
    labels = torch.from_numpy(load("digits").train_labels)
    order = torch.randperm(1433, generator=torch.Generator().manual_seed(5))
    generator = torch.Generator().manual_seed(5)
    torch.manual_seed(5)
    model = build_model(config.model, (1, 8, 8), 10).train()
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    for step in range(8):
        if step % 4 == 0:
            shuffled = order[torch.randperm(1433, generator=generator)]
        batch = shuffled[300 * (step % 4) :][:300]
        optimiser.param_groups[0]["lr"] = 0.03 * (0.5 * (1.0 + math.cos(math.pi * step / 8)))
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimiser.step()
        with torch.no_grad():
            for index in (2, 5, 8):
                model[index].weight.clamp_(-1, 1)
    expected = model.state_dict()
    for key, value in weights(tmp_path).items():
        assert torch.equal(value, expected[key]), key


def test_parts_of_a_batch_give_its_gradient(tmp_path, monkeypatch):
    """Without batch statistics, which are a part's own, only the order of sums differs."""
    monkeypatch.setattr("hw_bnn.nn.models.BatchNorm", lambda _width: torch.nn.Identity())
    dataset = load("digits")
    gradients = []
    for parts in (1, 3):
        config = experiment(accumulate=parts, loss="squared_hinge", kurtosis_weight=0.1)
        run = Trainer(config, dataset, World(torch.device("cpu")), None)
        place = run.train[:100]
        run._step(*run.images.batches([place]), place)
        gradients.append([p.grad.clone() for p in run.model.parameters()])
    for one, many in zip(*gradients, strict=True):
        assert one.abs().max() > 0
        torch.testing.assert_close(one, many, rtol=1e-4, atol=1e-6)


def test_the_average_is_judged_and_kept(tmp_path):
    train(experiment(ema_decay=0.99), tmp_path)
    state = checkpoint.load(tmp_path)
    assert torch.equal(state.chosen_model["2.weight"], state.average["2.weight"])
    assert not torch.equal(state.model["2.weight"], state.average["2.weight"])


def test_the_average_starts_where_the_first_batch_puts_the_thresholds():
    config = experiment(epochs=1, ema_decay=0.9999, learning_rate=1e-9)
    threshold = ThresholdConfig(policy="learned", shift=-0.5, initial="batch")
    model = config.model.model_copy(update={"threshold": threshold})
    run = Trainer(
        config.model_copy(update={"model": model}), load("digits"), World(torch.device("cpu")), None
    )
    run.one_epoch(lambda *_: None)
    for name, value in run.average.values.items():
        torch.testing.assert_close(value, run.model.get_parameter(name), atol=1e-5, rtol=0)
    thresholds = [v for name, v in run.average.values.items() if name.endswith("threshold.t")]
    assert len(thresholds) == 2
    assert all((t + 0.5).abs().max() < 0.3 and t.std() > 0 for t in thresholds)


def test_a_statistic_that_is_not_finite_is_named(monkeypatch):
    run = Trainer(experiment(), load("digits"), World(torch.device("cpu")), None)
    norm = next(m for m in run.model.modules() if isinstance(m, torch.nn.BatchNorm1d))
    fill = norm.running_var.fill_
    monkeypatch.setattr(World, "average_statistics", lambda *_: fill(torch.inf))
    with pytest.raises(HwBnnError, match="running_var is not finite in epoch 1"):
        run.one_epoch(lambda *_: None)


def test_a_run_without_test_images_is_measured_later(tmp_path, monkeypatch):
    config = experiment(epochs=1)
    with monkeypatch.context() as patch:
        patch.setattr(loop, "accuracy", lambda *_: pytest.fail("test images used"))
        assert "test" not in train(config, tmp_path, test=False)
    metrics = train(config, tmp_path)
    assert metrics["test"]["images"] == 364
    assert train(config, tmp_path, test=False) == metrics


def test_a_run_that_stops_early_goes_on_to_the_same_weights(tmp_path):
    config = experiment(epochs=3)
    expected = train(config, tmp_path / "whole")
    early = train(config, tmp_path / "parts", until=2)
    assert untimed(early)["epochs"] == untimed(expected)["epochs"][:2]
    assert "test" not in early
    assert early["of_epochs"] == 3
    assert not (tmp_path / "parts" / loop.METRICS_FILE).exists()
    assert train(config, tmp_path / "parts", until=1) == early
    assert untimed(train(config, tmp_path / "parts", until=7)) == untimed(expected)
    assert_same_weights(tmp_path / "parts", tmp_path / "whole")


@pytest.mark.parametrize("damage", ["{", "[1, 2]", "3"])
def test_damaged_metrics_are_refused_and_can_be_made_again(tmp_path, damage):
    config = experiment(epochs=1)
    expected = train(config, tmp_path)
    path = tmp_path / loop.METRICS_FILE
    path.write_text(damage)
    with pytest.raises(HwBnnError, match=r"metrics\.json: .*; delete it and run the same training"):
        train(config, tmp_path)
    path.unlink()
    assert train(config, tmp_path) == expected


def test_methods_are_told_the_progress():
    run = Trainer(with_methods(epochs=4), load("digits"), World(torch.device("cpu")), None)
    ede = next(m for m in run.model.modules() if isinstance(m, Ede))
    recu = next(m for m in run.model.modules() if isinstance(m, ReCU))
    seen = []
    for _ in range(3):
        run.one_epoch(lambda *_: None)
        seen.append((ede.slope, recu.tau))
    assert [slope for slope, _ in seen] == pytest.approx([0.1, 10**-0.5, 1.0])
    assert [tau for _, tau in seen] == pytest.approx([0.85, 0.873141, 0.902856])


def test_kurtosis_of_the_weights_is_drawn_to_its_target(tmp_path):
    spreads = []
    for name, weight in (("without", 0.0), ("with", 5.0)):
        config = experiment(epochs=3, kurtosis_weight=weight, kurtosis_target=1.0)
        train(config, tmp_path / name)
        state = checkpoint.load(tmp_path / name).model
        spreads.append(kurtosis(state["2.weight"]).item())
    assert abs(spreads[1] - 1.0) < abs(spreads[0] - 1.0)


def test_finished_run_is_not_trained_again(tmp_path):
    config = experiment(epochs=2)
    metrics = train(config, tmp_path)
    before = (tmp_path / "checkpoint.pt").stat().st_mtime_ns
    faster = config.model_copy(
        update={"build": BuildConfig(fpga_part="xc7z020clg400-1", target_fps=1000)}
    )
    assert train(faster, tmp_path, progress=stop_after_first) == metrics
    assert (tmp_path / "checkpoint.pt").stat().st_mtime_ns == before
    (tmp_path / "metrics.json").unlink()
    assert train(config, tmp_path, progress=stop_after_first) == metrics


def test_metrics_count_what_they_say(tmp_path):
    metrics = train(experiment(epochs=10, validation_fraction=0.2), tmp_path)
    assert json.loads((tmp_path / "metrics.json").read_text()) == metrics
    assert (metrics["train_images"], metrics["validation_images"]) == (1146, 287)
    for epoch in metrics["epochs"]:
        assert 1100 / epoch["images_per_second"] == pytest.approx(epoch["seconds"], abs=0.001)
    assert metrics["epochs"][5]["learning_rate"] == pytest.approx(
        0.03 * (0.5 + 0.5 * math.cos(math.pi * 65 / 110))
    )
    history = [epoch["validation_accuracy"] for epoch in metrics["epochs"]]
    best = max(history)
    assert metrics["chosen_epoch"] == max(i + 1 for i, v in enumerate(history) if v == best)
    model = load_trained(tmp_path).model
    data = load("digits")
    logits = model(torch.from_numpy(data.test_images.astype(np.float32) / np.float32(255)))
    correct = int((logits.argmax(1).numpy() == data.test_labels).sum())
    assert metrics["test"] == {"images": 364, "correct": correct, "accuracy": correct / 364}
    assert correct > 364 / 2


def test_best_epoch_is_kept_and_ties_go_to_the_later(tmp_path, monkeypatch):
    scores = iter([0.5, 0.7, 0.7, 0.6])
    kept = []

    def judged(model, *_):
        kept.append({key: value.clone() for key, value in model.state_dict().items()})
        return 0, next(scores)

    monkeypatch.setattr(trainer, "accuracy", judged)
    assert train(experiment(), tmp_path)["chosen_epoch"] == 3
    for key, value in weights(tmp_path).items():
        assert torch.equal(value, kept[2][key])


def test_without_held_out_images_the_last_epoch_is_kept(tmp_path):
    metrics = train(experiment(epochs=2, validation_fraction=0.0), tmp_path)
    assert metrics["chosen_epoch"] == 2
    assert [epoch["validation_accuracy"] for epoch in metrics["epochs"]] == [None, None]
    assert metrics["train_images"] == 1433


def test_seed_decides_the_weights(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(experiment(epochs=1, seed=seed), tmp_path / name)
    assert_same_weights(tmp_path / "a", tmp_path / "b")
    with pytest.raises(AssertionError):
        assert_same_weights(tmp_path / "a", tmp_path / "c")


def test_latent_weights_stay_in_the_unit_interval_and_move(tmp_path):
    train(experiment(epochs=1, learning_rate=0.5), tmp_path / "fast")
    train(experiment(epochs=1, learning_rate=1e-9), tmp_path / "slow")
    fast, slow = weights(tmp_path / "fast")["2.weight"], weights(tmp_path / "slow")["2.weight"]
    assert fast.abs().max() == 1.0
    assert ((fast >= 0) != (slow >= 0)).float().mean() > 0.05


def test_diverged_training_names_the_learning_rate(tmp_path, monkeypatch):
    monkeypatch.setattr(
        objective, "loss", lambda logits, *_: logits.sum() * torch.tensor(torch.nan)
    )
    with pytest.raises(HwBnnError, match=r"learning_rate: the loss is nan in epoch 1 at 0.03"):
        train(experiment(), tmp_path)
    assert not (tmp_path / "checkpoint.pt").exists()


def test_a_weight_that_is_not_finite_is_named_though_its_sign_gives_a_loss(monkeypatch):
    run = Trainer(experiment(), load("digits"), World(torch.device("cpu")), None)
    monkeypatch.setattr(run.binary[1], "clip", lambda: run.binary[1].weight.data.fill_(torch.nan))
    with pytest.raises(HwBnnError, match=r"learning_rate: \S+ is not finite in epoch 1 at 0.03"):
        run.one_epoch(lambda *_: None)


def test_what_a_process_killed_in_its_first_checkpoint_leaves_is_no_obstacle(tmp_path):
    config = experiment(epochs=1)
    for name in ("checkpoint.pt", "config.json"):
        (tmp_path / f".{name}.x1y2").write_bytes(b"half")
    assert len(train(config, tmp_path, test=False)["epochs"]) == 1
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".notes.pt.x1y2").write_bytes(b"other")
    with pytest.raises(HwBnnError, match="is not empty and is no training run"):
        train(config, tmp_path / "other")


def test_threads_are_set_for_the_run_only(tmp_path, monkeypatch):
    before, seen = torch.get_num_threads(), []
    real = objective.loss

    def loss(*arguments):
        seen.append(torch.get_num_threads())
        return real(*arguments)

    monkeypatch.setattr(objective, "loss", loss)
    train(experiment(epochs=1, threads=before + 1), tmp_path)
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before
