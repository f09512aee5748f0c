# SPDX-License-Identifier: BSD-3-Clause
"""All runs of a study, in processes of one thread each."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hw_bnn import files
from hw_bnn.bench import conditions
from hw_bnn.config import ExperimentConfig
from hw_bnn.errors import HwBnnError
from hw_bnn.progress import SILENT, Progress
from hw_bnn.study.config import StudyConfig
from hw_bnn.study.summary import summarise
from hw_bnn.tools.revision import revision

RESULT = "study.json"
_MEASURED = "measured.json"

Run = tuple[str, int]
"""Method and seed."""


def study(
    config: StudyConfig,
    out: Path,
    *,
    data_dir: Path | None = None,
    workers: int = 1,
    command: str = "",
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Train and measure every method with every seed; write study.json and pictures to `out`.

    Runs lie in out/runs/METHOD/SEED, each a training folder: finished ones are only read, an
    interrupted one goes on after its last epoch.

    Args:
        config: the study.
        out: its folder.
        data_dir: folder of the data set (see hw_bnn.data.load).
        workers: processes that train at the same time.
        command: what the user called, for the record.
        progress: where progress is reported, in runs.

    Raises:
        HwBnnError: a run was refused; the message names it.
    """
    from hw_bnn.study import pictures
    from hw_bnn.study.measure import EDGES, IMAGES

    if out.exists() and not out.is_dir():
        raise HwBnnError(f"{out}: is a file; choose another --out")
    commit = revision()
    experiments = {
        (method, seed): config.experiment(method, seed)
        for seed in config.seeds
        for method in config.methods
    }
    found: dict[Run, dict[str, Any]] = {}
    with _processes(workers) as pool:
        for run, row in _all(pool, experiments, out, data_dir, workers):
            found[run] = row
            text = f"{run[0]}, seed {run[1]}: {100 * row['accuracy']:.2f}%"
            progress(text, len(found), len(experiments))
    rows = [{"method": m, "seed": s, **found[m, s]} for m in config.methods for s in config.seeds]
    result = {
        "study": config.name,
        "conditions": conditions(command, commit) | {"workers": workers},
        "recipe": _recipe(config),
        "seeds": config.seeds,
        "methods": config.methods,
        "measured_images": IMAGES,
        "bins": EDGES.tolist(),
        **summarise(rows, config.reference),
        "rows": [_short(row) for row in rows],
    }
    files.write_json(out / RESULT, result)
    pictures.write(result, out)
    return result


def _all(
    pool: ProcessPoolExecutor,
    experiments: dict[Run, ExperimentConfig],
    out: Path,
    data_dir: Path | None,
    workers: int,
) -> Iterator[tuple[Run, dict[str, Any]]]:
    """Yield runs as they end. No more are handed out than run, so that none waits unseen."""
    missing = iter(experiments.items())
    running: dict[Future[dict[str, Any]], Run] = {}
    while True:
        for run, experiment in missing:
            folder = out / "runs" / run[0] / str(run[1])
            running[pool.submit(train_and_measure, experiment, folder, data_dir)] = run
            if len(running) == workers:
                break
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            run = running.pop(future)
            try:
                yield run, future.result()
            except HwBnnError as error:
                raise HwBnnError(f"method {run[0]}, seed {run[1]}: {error}") from None


@contextmanager
def _processes(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that end, with what they have not finished, when the block is left by an error."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Leave interrupts to the parent, and leave a file whole when it asks for the end."""
    import torch

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def train_and_measure(
    experiment: ExperimentConfig, folder: Path, data_dir: Path | None
) -> dict[str, Any]:
    """Train one network, or read it; return accuracy, seconds and layers."""
    from hw_bnn import data
    from hw_bnn.study.measure import IMAGES, measure
    from hw_bnn.training import load_trained, train

    started, fresh = time.monotonic(), not folder.exists()
    metrics = train(experiment, folder, data_dir=data_dir)
    seconds = round(time.monotonic() - started, 1)
    path = folder / _MEASURED
    if path.is_file():
        measured: dict[str, Any] = files.read_json(path)
        return measured
    chosen = experiment.data
    images = data.load(chosen.name, data_dir, view=chosen.view).test_array()[:IMAGES]
    layers = measure(load_trained(folder).model, images, experiment.model.activations)
    measured = {
        "accuracy": metrics["test"]["accuracy"],
        "chosen_epoch": metrics["chosen_epoch"],
        "seconds": seconds if fresh else None,
        "layers": [layer._asdict() for layer in layers],
    }
    files.write_json(path, measured)
    return measured


def _recipe(config: StudyConfig) -> dict[str, Any]:
    """Return the baseline's sections with every key, less the seed."""
    baseline = config.experiment(config.reference, config.seeds[0])
    return baseline.model_dump(
        mode="json",
        include={"data": True, "model": True, "train": True},
        exclude={"train": {"seed"}},
    )


def _short(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row less what the summary has of it, averaged over seeds."""
    kept = ("share_of_plus_one", "entropy")
    shown = {key: [round(layer[key], 6) for layer in row["layers"]] for key in kept}
    return {key: value for key, value in row.items() if key != "layers"} | shown
