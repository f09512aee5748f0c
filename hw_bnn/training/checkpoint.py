# SPDX-License-Identifier: BSD-3-Clause
"""The state of a training run on disk, complete after every epoch."""

from __future__ import annotations

import hashlib
import io
import pickle
import zipfile
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hw_bnn import files
from hw_bnn.config import ExperimentConfig, TrainingSections, validate
from hw_bnn.data import Dataset
from hw_bnn.errors import HwBnnError

FILE = "checkpoint.pt"
SECTIONS = ("data", "model", "train")
SOURCES = ("train.initial", "train.distillation.teacher")
"""Settings that name the folder of another training."""


@dataclass
class Checkpoint:
    """Everything that the next epoch depends on, and the weights chosen so far.

    The learning rate is a function of the epoch, and the order of the images is drawn from
    `generator` alone, so the scheduler and torch's global generator need no state.
    """

    config: dict[str, Any]
    """The sections data, model and train."""
    image_shape: list[int]
    classes: int
    epoch: int
    """Epochs completed."""
    model: dict[str, Tensor]
    optimizer: dict[str, Any]
    generator: Tensor
    history: list[dict[str, Any]]
    """Loss and validation accuracy of each epoch."""
    chosen_epoch: int
    chosen_model: dict[str, Tensor]
    average: dict[str, Tensor] = field(default_factory=dict)
    """The moving average of the parameters, if the recipe has one."""
    images: int = 0
    """In the training split, held-out ones included; 0 if the checkpoint is older than this."""
    sources: dict[str, str] = field(default_factory=dict)
    """Digests of the trainings that this one learned from, by key; see `sources`."""


def on_cpu(state: Any) -> Any:
    """Return a state with copies of its tensors on the CPU."""
    if isinstance(state, Tensor):
        return state.detach().to("cpu", copy=True)
    if isinstance(state, dict):
        return {key: on_cpu(value) for key, value in state.items()}
    return [on_cpu(value) for value in state] if isinstance(state, list) else state


def sections(config: ExperimentConfig) -> dict[str, Any]:
    """Return the part of a configuration that the trained weights depend on."""
    return config.model_dump(mode="json", include=set(SECTIONS))


def save(checkpoint: Checkpoint, folder: Path) -> None:
    """Replace the folder's checkpoint."""
    buffer = io.BytesIO()
    torch.save(asdict(checkpoint), buffer)
    files.write_bytes(folder / FILE, buffer.getvalue())


def load(folder: Path) -> Checkpoint | None:
    """Return the folder's checkpoint, or None if there is none yet.

    Raises:
        HwBnnError: the file is damaged or not a checkpoint.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with zipfile.ZipFile(path) as archive:  # torch.load alone misses flipped bits
            damaged = archive.testzip()
        if damaged is not None:
            raise zipfile.BadZipFile(f"checksum of {damaged}")
        return _checked(Checkpoint(**torch.load(path, map_location="cpu", weights_only=True)))
    except (
        OSError,
        EOFError,
        RuntimeError,
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
        pickle.UnpicklingError,
    ) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise HwBnnError(
            f"{path}: damaged or not a checkpoint ({reason});"
            " delete it to train anew, or choose another --out"
        ) from None


def _checked(checkpoint: Checkpoint) -> Checkpoint:
    """Raise TypeError for fields of another type than they must have."""
    for name, kind in (
        ("config", dict),
        ("image_shape", list),
        ("classes", int),
        ("epoch", int),
        ("model", dict),
        ("optimizer", dict),
        ("generator", Tensor),
        ("history", list),
        ("chosen_epoch", int),
        ("chosen_model", dict),
        ("average", dict),
        ("images", int),
        ("sources", dict),
    ):
        if not isinstance(getattr(checkpoint, name), kind):
            raise TypeError(f"{name} is no {kind.__name__}")
    if len(checkpoint.image_shape) != 3:
        raise TypeError("image_shape must have three numbers")
    return checkpoint


def sources(config: ExperimentConfig) -> dict[str, str]:
    """Return sha256 of the chosen weights of the trainings that a configuration names, by key.

    Those that cannot be read are left out.
    """
    flat = _flat(sections(config))
    found = {key: _digest(Path(flat[key])) for key in SOURCES if flat.get(key)}
    return {key: digest for key, digest in found.items() if digest is not None}


def _digest(folder: Path) -> str | None:
    try:
        state = load(folder)
    except HwBnnError:
        return None
    if state is None:
        return None
    digest = hashlib.sha256()
    for name, value in sorted(state.chosen_model.items()):
        digest.update(f"{name} {value.dtype} {list(value.shape)}".encode())
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()


def require_same(checkpoint: Checkpoint, config: ExperimentConfig, folder: Path) -> None:
    """Refuse a checkpoint that another configuration has made.

    A setting that the checkpoint does not name, because it is younger, has its default there.
    Trainings that it learned from are told by their weights, by their folders only where these
    cannot be read.

    Raises:
        HwBnnError: names every setting that differs, with both values.
    """
    found = validate(TrainingSections, checkpoint.config, str(folder / FILE))
    old, new = _flat(found.model_dump(mode="json")), _flat(sections(config))
    had, has = checkpoint.sources, sources(config)
    for key in had.keys() & has.keys():
        old[key], new[key] = (
            f"{values[key]} (sha256 of its weights {digests[key][:12]})"
            for values, digests in ((old, had), (new, has))
        )
        if had[key] == has[key]:
            old[key] = new[key]
    differences = [
        f"{key} {old.get(key)} there, {new.get(key)} here"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
    if differences:
        raise HwBnnError(
            f"{folder / FILE}: made with another configuration ({'; '.join(differences)});"
            " choose another --out, or the same settings to resume"
        )


def require_same_images(checkpoint: Checkpoint, dataset: Dataset, folder: Path) -> None:
    """Refuse a checkpoint of images of another size, number or classes: files may have changed.

    Raises:
        HwBnnError: names both.
    """
    had, has = (
        (tuple(checkpoint.image_shape), checkpoint.classes),
        (dataset.image_shape, dataset.classes),
    )
    if had != has:
        raise HwBnnError(
            f"{folder / FILE}: made with images {list(had[0])} of {had[1]} classes, the data have"
            f" {list(has[0])} and {has[1]}; choose another --out, or the same data to resume"
        )
    images = len(dataset.train_labels)
    if checkpoint.images not in (0, images):
        raise HwBnnError(
            f"{folder / FILE}: made with {checkpoint.images} training images, the data have"
            f" {images}; choose another --out, or the same data to resume"
        )


def does_not_fit(folder: Path, error: Exception) -> HwBnnError:
    """Return the error for a checkpoint whose tensors are not those of its configuration."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return HwBnnError(
        f"{folder / FILE}: does not fit its own configuration ({reason});"
        " delete it to train anew, or choose another --out"
    )


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= _flat(item, f"{prefix}{key}.") if isinstance(item, dict) else {prefix + key: item}
    return flat
