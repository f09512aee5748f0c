# SPDX-License-Identifier: BSD-3-Clause
"""One run of a study: trained and measured, or read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hw_bnn import files
from hw_bnn.bench import conditions
from hw_bnn.config import ExperimentConfig, TrainingSections, validate
from hw_bnn.errors import HwBnnError

MEASURED = "measured.json"

Run = tuple[str, int]
"""Method and seed."""
Row = dict[str, Any]


def folders(out: Path, experiments: Mapping[Run, ExperimentConfig]) -> dict[Run, Path]:
    """Return where each run lies: in out/runs/METHOD/SEED, or where the same one has ended.

    A method that has another name now is thus not trained again.
    """
    ended: dict[str, list[Path]] = {}
    for path in sorted(out.glob(f"runs/*/*/{MEASURED}")):
        ended.setdefault(_trained_as(path.parent), []).append(path.parent)
    found = {}
    for run, experiment in experiments.items():
        own = out / "runs" / run[0] / str(run[1])
        same = ended.get(_key(experiment), [])
        found[run] = own if own in same or not same else same[0]
    return found


def train_and_measure(
    experiment: ExperimentConfig,
    folder: Path,
    data_dir: Path | None,
    device: str,
    commit: str | None,
) -> Row:
    """Train and measure one network, or read what its folder has of it.

    Args:
        experiment: the network.
        folder: of the run.
        data_dir: folder of the data set.
        device: "cpu" or "cuda".
        commit: of the code that runs.

    Returns:
        What measured.json holds. diverged: whether the loss did not stay finite; then reason and
        trained, else accuracy, chosen_epoch, seconds of all epochs, trained, measured and layers.
        The two last but one are the conditions of both, trained with `continued`, whether epochs
        of an earlier call went before; None for what an earlier version trained.

    Raises:
        HwBnnError: the folder holds another configuration, or see hw_bnn.training.train.
    """
    from hw_bnn.training import loop
    from hw_bnn.training.trainer import DivergedError

    path = folder / MEASURED
    stored: Row = files.read_json(path) if path.is_file() else {}
    if stored.get("diverged"):
        if _trained_as(folder) != _key(experiment):
            raise HwBnnError(
                f"{folder}: another configuration diverged there; choose another --out, or delete"
                " the folder to train anew"
            )
        return stored
    here = {**conditions("", commit), "device": device}
    del here["command"]
    before = _kept(folder)
    trained = _begun(folder, before, here)
    try:
        metrics = loop.train(experiment, folder, data_dir=data_dir, device=device)
    except DivergedError as error:
        row: Row = {"diverged": True, "reason": str(error), "trained": trained}
        files.write_json(path, row)
        return row
    except HwBnnError:  # refused: nothing was trained
        if before is None:
            _conditions(folder).unlink(missing_ok=True)
        else:
            files.write_json(_conditions(folder), before)
        raise
    if "measured" in stored:
        return stored
    row = {
        "diverged": False,
        "accuracy": metrics["test"]["accuracy"],
        "chosen_epoch": metrics["chosen_epoch"],
        "seconds": round(sum(epoch["seconds"] for epoch in metrics["epochs"]), 1),
        "trained": trained,
        "measured": here,
        "layers": _layers(experiment, folder, data_dir),
    }
    files.write_json(path, row)
    return row


def _conditions(folder: Path) -> Path:
    """Return the file with the conditions of a run's training, beside its folder."""
    return folder.parent / f"{folder.name}.json"


def _kept(folder: Path) -> Row | None:
    path = _conditions(folder)
    return dict(files.read_json(path)) if path.is_file() else None


def _begun(folder: Path, before: Row | None, here: Row) -> Row | None:
    """Return the conditions of a run's training; they are kept from its start.

    None if it ended before they were kept. What was interrupted has those of the last call.
    """
    from hw_bnn.training import checkpoint, loop

    if (folder / loop.METRICS_FILE).is_file():
        return before
    trained = here | {"continued": (folder / checkpoint.FILE).is_file()}
    files.write_json(_conditions(folder), trained)
    return trained


def commits(rows: Iterable[Row]) -> dict[str, list[str | None]]:
    """Return the commits that trained and measured some runs; None stands for unknown ones."""
    found = list(rows)
    return {
        key: sorted({(row[key] or {}).get("commit") for row in found if key in row}, key=str)
        for key in ("trained", "measured")
    }


def _layers(experiment: ExperimentConfig, folder: Path, data_dir: Path | None) -> list[Row]:
    from hw_bnn import data
    from hw_bnn.study.measure import IMAGES, measure
    from hw_bnn.training import load_trained

    chosen = experiment.data
    images = data.load(chosen.name, data_dir, view=chosen.view).test_array(IMAGES)
    found = measure(load_trained(folder).model, images, experiment.model.activations)
    return [layer._asdict() for layer in found]


def _trained_as(folder: Path) -> str:
    """Return the key of what was trained in a folder; "" if this version cannot read it."""
    from hw_bnn.training.loop import CONFIG_FILE

    path = folder / CONFIG_FILE
    try:
        content = files.read_json(path)
        sections = {key: content.get(key) for key in TrainingSections.model_fields}
        return _key(validate(TrainingSections, sections, str(path)))
    except HwBnnError:
        return ""


def _key(experiment: ExperimentConfig | TrainingSections) -> str:
    """Return what the trained weights depend on, as text."""
    sections = set(TrainingSections.model_fields)
    return json.dumps(experiment.model_dump(mode="json", include=sections), sort_keys=True)
