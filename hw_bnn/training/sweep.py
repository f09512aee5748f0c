# SPDX-License-Identifier: BSD-3-Clause
"""Many trainings of one experiment with other values, chosen by Optuna.

What is made largest is the accuracy on the held-out images; no trial sees the test split.
"""

from __future__ import annotations

import fcntl
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hw_bnn import files
from hw_bnn.errors import HwBnnError
from hw_bnn.nn.models import UsedUpError
from hw_bnn.training.loop import Progress, train
from hw_bnn.training.search import Sweep
from hw_bnn.training.trainer import DivergedError

if TYPE_CHECKING:
    import optuna

RESULT_FILE = "sweep.json"
BEST_FILE = "best.yaml"


def run_sweep(
    sweep: Sweep,
    out: Path,
    *,
    trials: int,
    storage: str | None = None,
    data_dir: Path | None = None,
    progress: Progress | None = None,
    device: str = "auto",
) -> dict[str, Any]:
    """Train until the study has `trials` trials; an interrupted sweep goes on where it was.

    Trial N lies in out/trials/N, a training folder each; a trial that was interrupted there goes
    on first. Several workers may share a storage, with one `out` or one each. `out` receives
    sweep.json and best.yaml, the experiment file of the best trial.

    Args:
        sweep: the experiment and what is searched.
        out: folder of the sweep.
        trials: in all, of all workers, failed ones included.
        storage: Optuna's database URL; out/study.db unless given.
        data_dir: folder of the data set.
        progress: see hw_bnn.training.train.
        device: see hw_bnn.training.train.

    Returns:
        What sweep.json holds: name, objective, trials (number, state, values and
        validation_accuracy), best (a number or None).

    Raises:
        HwBnnError: the storage cannot be used, holds another sweep, or a training cannot start.
    """
    from optuna.trial import TrialState

    study = _study(sweep, out, storage)
    train_one = functools.partial(train, data_dir=data_dir, progress=progress, device=device)
    while True:
        number = _left_over(study, sweep, out)
        number = _new(study, sweep, out, trials) if number is None else number
        if number is None:
            return _write(study, sweep, out)
        with _locked(_folder(out, number)) as mine:
            if mine:
                values = sweep.values(study.trials[number].params)
                accuracy = _accuracy(sweep, values, _folder(out, number), train_one)
                state = TrialState.FAIL if accuracy is None else TrialState.COMPLETE
                study.tell(number, accuracy, state, skip_if_finished=True)
        _write(study, sweep, out)


def _study(sweep: Sweep, out: Path, storage: str | None) -> optuna.Study:
    """Open the study, or make it."""
    import optuna
    from sqlalchemy.exc import SQLAlchemyError

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    out.mkdir(parents=True, exist_ok=True)
    url = storage or f"sqlite:///{(out / 'study.db').absolute()}"
    try:
        study = optuna.create_study(
            storage=url, study_name=sweep.name, direction="maximize", load_if_exists=True
        )
        wanted = _content(sweep)
        if study.user_attrs.setdefault("sweep", wanted) != wanted:
            raise HwBnnError(
                f"{url}: holds another sweep of the name {sweep.name}; must be the same experiment"
                " and search to go on; choose another --out or name"
            )
        study.set_user_attr("sweep", wanted)
    except (SQLAlchemyError, ValueError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise HwBnnError(f"{url}: cannot be used as a storage ({reason})") from None
    return study


def _content(sweep: Sweep) -> dict[str, Any]:
    """What trials depend on, as JSON has it."""
    experiment = sweep.config({}).model_dump(mode="json", include={"data", "model", "train"})
    search = {key: value.model_dump(mode="json") for key, value in sweep.search.items()}
    return {"experiment": experiment, "search": search}


def _left_over(study: optuna.Study, sweep: Sweep, out: Path) -> int | None:
    """Return a trial that was interrupted in `out`, if nobody runs it."""
    import optuna

    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        if _folder(out, trial.number).is_dir() and trial.params.keys() == sweep.search.keys():
            with _locked(_folder(out, trial.number)) as free:
                if free:
                    return trial.number
    return None


def _new(study: optuna.Study, sweep: Sweep, out: Path, trials: int) -> int | None:
    """Choose values to try next; None if there are enough trials."""
    import optuna

    if len(study.get_trials(deepcopy=False)) >= trials:
        return None
    trial = study.ask()
    seed = sweep.config({}).train.seed + trial.number
    study.sampler = optuna.samplers.TPESampler(seed=seed % 2**32)
    for key, search in sweep.search.items():
        search.suggest(trial, key)
    _folder(out, trial.number).mkdir(parents=True, exist_ok=True)
    return trial.number


def _accuracy(
    sweep: Sweep, values: dict[str, Any], folder: Path, train_one: Callable[..., dict[str, Any]]
) -> float | None:
    """Train with some values.

    None if they do not go together or not with the images, or if the loss does not stay finite.
    """
    try:
        config = sweep.config(values)
    except HwBnnError:
        return None
    try:
        metrics = train_one(config, folder, test=False)
    except (DivergedError, UsedUpError):
        return None
    chosen = metrics["epochs"][metrics["chosen_epoch"] - 1]
    return float(chosen["validation_accuracy"])


def _folder(out: Path, number: int) -> Path:
    return out / "trials" / f"{number:03d}"


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Hold a folder's lock, which ends with the process; False if another holds it."""
    with folder.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _write(study: optuna.Study, sweep: Sweep, out: Path) -> dict[str, Any]:
    """Write sweep.json and best.yaml; return the former's content."""
    rows = [_row(trial, sweep) for trial in study.get_trials(deepcopy=False)]
    finished = [row for row in rows if row["state"] == "complete"]
    best = max(finished, key=lambda row: row["validation_accuracy"], default=None)
    if best is not None:
        content = sweep.config(best["values"]).model_dump(mode="json")
        files.write_text(out / BEST_FILE, yaml.safe_dump(content, sort_keys=False))
    result = {
        "name": sweep.name,
        "objective": "validation_accuracy",
        "trials": rows,
        "best": None if best is None else best["number"],
    }
    files.write_json(out / RESULT_FILE, result)
    return result


def _row(trial: optuna.trial.FrozenTrial, sweep: Sweep) -> dict[str, Any]:
    """Return a trial as sweep.json has it; the state is complete, fail or running."""
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        "values": sweep.values(trial.params),
        "validation_accuracy": trial.value,
    }
