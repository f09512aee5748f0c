# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
import torch

from hw_bnn.config import DataConfig, ModelConfig, ViewConfig
from hw_bnn.data import load
from hw_bnn.errors import HwBnnError
from hw_bnn.training import images, train
from hw_bnn.training.images import Decoded, images_of
from hw_bnn.training.trainer import Trainer
from hw_bnn.training.world import World
from tests.training.runs import (
    StoppedError,
    assert_same_weights,
    draw_folder,
    experiment,
    stop_after,
)

VIEW = ViewConfig(size=12, resize=14, min_area=0.5)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("pictures")
    draw_folder(made, train=40, val=10)
    return made


def of_files(**recipe):
    recipe = {"flip": True, "batch_size": 20, "validation_fraction": 0.25, **recipe}
    return experiment(**recipe).model_copy(
        update={
            "data": DataConfig(name="image_folder", view=VIEW),
            "model": ModelConfig(hidden=[16]),
        }
    )


def test_an_interrupted_run_ends_with_the_same_weights(folder, tmp_path, monkeypatch):
    """Even if other processes, and another number of them, decode the rest."""
    monkeypatch.setattr(images, "cores", lambda: 2)
    config = of_files()
    expected = train(config, tmp_path / "whole", data_dir=folder)
    with pytest.raises(StoppedError):
        train(config, tmp_path / "parts", data_dir=folder, progress=stop_after(2))
    monkeypatch.setattr(images, "cores", lambda: 1)
    found = train(config, tmp_path / "parts", data_dir=folder)
    assert [e["loss"] for e in found["epochs"]] == [e["loss"] for e in expected["epochs"]]
    assert_same_weights(tmp_path / "whole", tmp_path / "parts")
    assert expected["test"]["images"] == 20
    assert expected["test"]["accuracy"] > 0.8
    assert (expected["train_images"], expected["validation_images"]) == (60, 20)


def test_batches_are_those_of_the_files_read_one_by_one(folder, monkeypatch):
    files = load("image_folder", folder, None, VIEW).train_images
    places = [torch.tensor([5, 3, 70]), torch.tensor([8, 0])]
    for draw in (None, (4, 7)):
        for workers in (1, 2):
            monkeypatch.setattr(images, "cores", lambda workers=workers: workers)
            found = list(images_of(files, CPU).batches(places, draw))
            for place, batch in zip(places, found, strict=True):
                expected = [files.read(index, draw).transpose(2, 0, 1) for index in place.tolist()]
                assert np.array_equal(batch.numpy(), np.stack(expected))


def test_the_global_generator_stays(folder):
    files = load("image_folder", folder, None, VIEW).train_images
    before = torch.get_rng_state()
    list(Decoded(files).batches([torch.tensor([1])], (0, 0)))
    assert torch.equal(torch.get_rng_state(), before)


def test_each_epoch_sees_other_parts(folder, monkeypatch):
    """The same images in the same order, but not the same pixels."""
    trainer = Trainer(
        of_files(flip=False), load("image_folder", folder, None, VIEW), World(CPU), None
    )
    seen = []

    def step(pixels, place):
        seen.append((place, pixels))
        return torch.zeros(())

    monkeypatch.setattr(trainer, "_step", step)
    order = trainer.generator.get_state()
    for _ in range(2):
        trainer.generator.set_state(order)
        trainer.one_epoch(lambda *_: None)
    half = len(seen) // 2
    for (place, pixels), (again, other) in zip(seen[:half], seen[half:], strict=True):
        assert torch.equal(place, again)
        assert not torch.equal(pixels, other)


def test_a_process_decodes_its_part_of_a_batch_only(folder, monkeypatch):
    seen = {}
    for rank in range(2):
        world = World(CPU, rank, 2)
        monkeypatch.setattr(World, "wrap", lambda _self, model: model)
        monkeypatch.setattr(World, "sum", lambda _self, value: value)
        monkeypatch.setattr(World, "align", lambda *_: None)
        monkeypatch.setattr(World, "average_statistics", lambda *_: None)
        trainer = Trainer(of_files(), load("image_folder", folder, None, VIEW), world, None)
        real = trainer.images.batches

        def noted(places, draw=None, rank=rank, real=real):
            if draw is not None:
                seen[rank] = places
            return real(places, draw)

        monkeypatch.setattr(trainer.images, "batches", noted)
        trainer.one_epoch(lambda *_: None)
    assert [len(place) for place in seen[0] + seen[1]] == [10] * 6
    assert len(torch.cat(seen[0] + seen[1]).unique()) == 60


def test_a_damaged_file_stops_the_training_in_one_line(tmp_path):
    draw_folder(tmp_path / "data", train=10, val=2)
    damaged = tmp_path / "data" / "train" / "disc" / "3.JPEG"
    damaged.write_bytes(damaged.read_bytes()[:300])
    with pytest.raises(HwBnnError, match=r"train/disc/3.JPEG: cannot be read: ") as error:
        train(of_files(batch_size=10), tmp_path / "run", data_dir=tmp_path / "data")
    assert "\n" not in str(error.value)


def test_other_classes_are_refused_when_a_run_goes_on(folder, tmp_path):
    with pytest.raises(StoppedError):
        train(of_files(), tmp_path / "run", data_dir=folder, progress=stop_after(1))
    draw_folder(tmp_path / "other", train=10, val=2)
    for split in ("train", "val"):
        extra = tmp_path / "other" / split / "third"
        (tmp_path / "other" / split / "disc" / "0.png").rename(extra.parent / "0.png")
        extra.mkdir()
        (extra.parent / "0.png").rename(extra / "0.png")
    with pytest.raises(HwBnnError, match=r"images \[3, 12, 12\] of 2 classes, .* and 3; choose"):
        train(of_files(), tmp_path / "run", data_dir=tmp_path / "other")
