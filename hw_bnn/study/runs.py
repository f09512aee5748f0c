# SPDX-License-Identifier: BSD-3-Clause
"""All runs of a study, in processes."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hw_bnn import files
from hw_bnn.bench import conditions
from hw_bnn.errors import HwBnnError
from hw_bnn.progress import SILENT, Progress
from hw_bnn.study.config import StudyConfig
from hw_bnn.study.single import Row, Run, commits, folders, train_and_measure
from hw_bnn.study.summary import summarise
from hw_bnn.tools.revision import revision

RESULT = "study.json"


def study(
    config: StudyConfig,
    out: Path,
    *,
    data_dir: Path | None = None,
    workers: int = 1,
    device: str = "cpu",
    command: str = "",
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Train and measure every method with every seed; write study.json and pictures to `out`.

    Runs lie in out/runs/METHOD/SEED, each a training folder: finished ones are only read, under
    the name of another method, too; an interrupted one goes on after its last epoch. One whose
    loss did not stay finite is a result as well, see hw_bnn.study.summary.

    Args:
        config: the study.
        out: its folder.
        data_dir: folder of the data set (see hw_bnn.data.load).
        workers: processes that train at the same time, each with the recipe's threads.
        device: "cpu", "cuda", which all workers share, or "auto": a GPU if there is one.
        command: what the user called, for the record.
        progress: where progress is reported, in runs.

    Raises:
        HwBnnError: a run was refused; the message names it.
    """
    from hw_bnn.study import pictures
    from hw_bnn.study.measure import EDGES, IMAGES
    from hw_bnn.training.world import choose_device

    if out.exists() and not out.is_dir():
        raise HwBnnError(f"{out}: is a file; choose another --out")
    commit = revision()
    experiments = {
        (method, seed): config.experiment(method, seed)
        for seed in config.seeds
        for method in config.methods
    }
    found: dict[Run, Row] = {}
    places = folders(out, experiments)
    device = choose_device(device).type
    jobs = {run: (experiments[run], places[run], data_dir, device, commit) for run in experiments}
    with _processes(workers) as pool:
        for run, row in _all(pool, jobs, workers):
            found[run] = row
            share = "diverged" if row["diverged"] else f"{100 * row['accuracy']:.2f}%"
            progress(f"{run[0]}, seed {run[1]}: {share}", len(found), len(experiments))
    rows = [
        {"method": m, "seed": s, "run": str(places[m, s].relative_to(out)), **found[m, s]}
        for m in config.methods
        for s in config.seeds
    ]
    result = {
        "study": config.name,
        "conditions": conditions(command, commit)
        | {"workers": workers, "device": device, "commits": commits(rows)},
        "recipe": _recipe(config),
        "seeds": config.seeds,
        "methods": config.methods,
        "measured_images": IMAGES,
        "bins": EDGES.tolist(),
        **summarise(rows, config.reference, [(one, other) for one, other in config.pairs]),
        "rows": [_short(row) for row in rows],
    }
    files.write_json(out / RESULT, result)
    pictures.write(result, out)
    return result


def _all(
    pool: ProcessPoolExecutor, jobs: Mapping[Run, tuple[Any, ...]], workers: int
) -> Iterator[tuple[Run, Row]]:
    """Yield runs as they end. No more are handed out than run, so that none waits unseen."""
    missing = iter(jobs.items())
    running: dict[Future[Row], Run] = {}
    while True:
        for run, job in missing:
            running[pool.submit(train_and_measure, *job)] = run
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
            except BrokenProcessPool:
                raise HwBnnError(
                    f"method {run[0]}, seed {run[1]}: its process was ended, perhaps for want of"
                    " memory; run the same command again to continue, with fewer --workers perhaps"
                ) from None


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


def _recipe(config: StudyConfig) -> dict[str, Any]:
    """Return the baseline's sections with every key, less the seed."""
    baseline = config.experiment(config.reference, config.seeds[0])
    return baseline.model_dump(
        mode="json",
        include={"data": True, "model": True, "train": True},
        exclude={"train": {"seed"}},
    )


def _short(row: Row) -> Row:
    """Return a row with the commit of its training, less what the summary or its folder has."""
    left_out = ("layers", "trained", "measured")
    kept = {key: value for key, value in row.items() if key not in left_out}
    kept["commit"] = (row["trained"] or {}).get("commit")
    for key in ("share_of_plus_one", "entropy") if "layers" in row else ():
        kept[key] = [round(layer[key], 6) for layer in row["layers"]]
    return kept
