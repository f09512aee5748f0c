# SPDX-License-Identifier: BSD-3-Clause
"""Formal proofs of the RTL library, one row each, and the modules that have none."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn import files
from hw_bnn.rtl import properties
from hw_bnn.rtl import sources as library

if TYPE_CHECKING:
    from hw_bnn.progress import Progress
    from hw_bnn.rtl.properties import Proof
    from hw_bnn.tools.formal import Mode, Verdict

RESULTS = {"pass": "proved", "fail": "refuted", "unknown": "not inductive", "timeout": "timeout"}
METHODS = {"prove": "induction", "bmc": "bounded"}


def proofs(progress: Progress) -> list[dict[str, Any]]:
    """Run every proof, and reach every cover: a state without which a proof would say little.

    Returns:
        Rows with `module`, `property`, `parameters`, `method` (induction holds for any time,
        bounded for so many cycles after reset), `covers`, `seconds` and `result`; modules
        without a proof come last, with the reason as their property.
    """
    rows = []
    with progress.step("formal proofs", 2 * len(properties.PROOFS)) as advance:
        for proof in properties.PROOFS:
            verdicts = []
            for mode in (proof.mode, "cover"):
                with tempfile.TemporaryDirectory() as folder:
                    verdicts.append(check(proof, Path(folder), mode))
                advance()
            rows.append(_row(proof, *verdicts))
    return rows + [
        {
            "module": module,
            "property": properties.UNPROVED.get(module, "no reason given"),
            "result": "no proof",
        }
        for module in missing()
    ]


def missing() -> list[str]:
    """Return the modules of the library that have no proof."""
    proved = {proof.module for proof in properties.PROOFS}
    return [path.stem for path in library() if path.stem not in proved]


def check(
    proof: Proof, work_dir: Path, mode: Mode, sources: Sequence[Path] | None = None
) -> Verdict:
    """Run one proof in `mode` on the library, or on other `sources` in its place."""
    from hw_bnn.tools.formal import prove

    texts = {"proof.sv": properties.top(proof), **properties.DATA}
    for name, text in texts.items():
        files.write_text(work_dir / name, text)
    given = [*(work_dir / name for name in texts), *properties.sources()]
    given += library() if sources is None else sources
    depth = proof.cover if mode == "cover" else proof.depth
    return prove(given, "proof", work_dir / "run", mode, depth, primitives=proof.primitives)


def _row(proof: Proof, verdict: Verdict, covers: Verdict) -> dict[str, Any]:
    row = {
        "module": proof.module,
        "property": proof.claim,
        "parameters": "; ".join(proof.parameters),
        "method": f"{METHODS[proof.mode]}, {proof.depth} cycles",
        "covers": "reached" if covers.status == "pass" else f"missed: {covers.violated}",
        "seconds": round(verdict.seconds + covers.seconds, 1),
        "result": RESULTS[verdict.status],
    }
    return row | ({"violated": list(verdict.violated)} if verdict.violated else {})
