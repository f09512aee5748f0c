# SPDX-License-Identifier: BSD-3-Clause
"""What studies of drawn networks share: order, processes, an interrupted run goes on."""

from __future__ import annotations

import itertools
import multiprocessing
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hw_bnn.build.stages import Stages, digest

if TYPE_CHECKING:
    from types import TracebackType

    from hw_bnn.progress import Advance

    Work = Callable[..., list[dict[str, Any]]]

PROCESSES = 2


@dataclass
class Outcome:
    """What became of one network.

    Attributes:
        index: of the network in its population.
        refused: the rule that refused it, or "".
        traits: what it was made of.
    """

    index: int
    refused: str = ""
    traits: list[str] = field(default_factory=list)


class Study:
    """Processes that look at networks, and a folder for what they found; a context manager."""

    def __init__(self, chunk: int, kept: Path | None) -> None:
        """Take the number of networks that a process takes at a time.

        `kept` is a folder for finished networks, from which an interrupted run goes on; removed
        at the end.
        """
        self._chunk, self._kept = chunk, kept
        self._stages = None if kept is None else Stages(kept)
        context = multiprocessing.get_context("spawn")
        self._processes = ProcessPoolExecutor(PROCESSES, mp_context=context)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the processes; remove what was kept if all went well."""
        self._processes.shutdown()
        if kind is None and self._kept is not None:
            shutil.rmtree(self._kept)

    def run(
        self, work: Work, *population: int, networks: int, advance: Advance
    ) -> list[dict[str, Any]]:
        """Look at networks 0, 1, 2, ... until so many were not refused; refused ones come on top.

        Args:
            work: called in a process with (*population, first network, number of networks);
                returns the fields of an Outcome for each.
            population: numbers that tell it from others in the same folder.
            networks: how many are wanted.
            advance: called for each that was not refused.
        """
        found: list[dict[str, Any]] = []
        for record in self._records(work, population):
            found.append(record)
            if not record["refused"]:
                networks -= 1
                advance()
            if not networks:
                break
        return found

    def _records(self, work: Work, population: tuple[int, ...]) -> Iterator[dict[str, Any]]:
        """Yield the records of networks 0, 1, 2, ... in this order, without end."""

        def chunk(first: int) -> dict[str, Any]:
            def action() -> dict[str, Any]:
                arguments = (*population, first, self._chunk)
                return {"results": self._processes.submit(work, *arguments).result()}

            if self._stages is None:
                return action()
            name = "-".join(map(str, (*population, first)))
            return self._stages.run(name, digest(*population, first), action)

        with ThreadPoolExecutor(PROCESSES) as threads:
            waiting: deque[Future[dict[str, Any]]] = deque()
            for first in itertools.count(0, self._chunk):
                waiting.append(threads.submit(chunk, first))
                if len(waiting) > PROCESSES:
                    yield from waiting.popleft().result()["results"]


def counts(results: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    """Return how many were `refused` by which rule, and what was `drawn` how often."""
    refused = Counter(result.refused for result in results if result.refused)
    drawn = Counter(trait for result in results for trait in result.traits)
    return {
        "refused": {"in all": sum(refused.values()), **dict(sorted(refused.items()))},
        "drawn": dict(sorted(drawn.items())),
    }
