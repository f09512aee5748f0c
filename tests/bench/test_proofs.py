# SPDX-License-Identifier: BSD-3-Clause
"""The table of proofs says what holds, what does not, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hw_bnn.bench import proofs as bench
from hw_bnn.progress import SILENT
from hw_bnn.rtl import properties
from hw_bnn.rtl import sources as library
from hw_bnn.rtl.properties import Proof, generated
from hw_bnn.rtl.properties.faults import Fault
from hw_bnn.tools.formal import Mode, Verdict

HOLDS = Verdict("pass", (), 1.04)
FAILS = Verdict("fail", ("a_properties.sv:7",), 1.0)
OPEN = Verdict("unknown", ("a_properties.sv:8",), 1.0)
FAULT = Fault("a", "no carry", "+", "^")


def table(
    monkeypatch: pytest.MonkeyPatch,
    cache: Path,
    verdict: Verdict,
    covers: Verdict,
    lost: Verdict = FAILS,
) -> list[dict[str, Any]]:
    def digest(proof: Proof, faults: Sequence[Fault] = ()) -> str:
        return f"digest of {proof.module} with {[fault.name for fault in faults]}"

    monkeypatch.setattr(properties, "PROOFS", (Proof("a", "adds", ("W=1", "W=2")),))
    monkeypatch.setattr(properties, "UNPROVED", {"b": "a wire"})
    monkeypatch.setattr(bench, "library", lambda: [Path("a.sv"), Path("b.sv"), Path("c.sv")])
    monkeypatch.setattr(bench, "source_digest", digest)
    monkeypatch.setattr(bench, "GENERATED", ())
    monkeypatch.setattr(bench, "cache_folder", lambda name: cache)
    monkeypatch.setattr(bench, "faults_of", lambda proof: [FAULT])
    monkeypatch.setattr(bench, "plant", lambda fault, folder: [folder / f"{fault.module}.sv"])
    verdicts = {"prove": verdict, "cover": covers}
    planted = {"bmc": Verdict("pass", (), 1.0), "cover": lost}

    def check(proof: Proof, folder: Path, mode: Mode, sources: list[Path] | None = None) -> Verdict:
        return verdicts[mode] if sources is None else planted[mode]

    monkeypatch.setattr(bench, "check", check)
    rows: list[dict[str, Any]] = bench.proofs(SILENT)["rows"]
    return rows


def test_a_proof_that_holds_and_modules_without_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = table(monkeypatch, tmp_path, HOLDS, HOLDS)
    assert rows[0] == {
        "module": "a",
        "property": "adds",
        "parameters": "W=1; W=2",
        "method": "induction, 3 cycles; covers in 12",
        "seconds": 2.1,
        "result": "proved",
        "digest": "digest of a with ['no carry']",
        "faults": [
            {
                "fault": "no carry",
                "found": "cover out of reach",
                "violated": ["a_properties.sv:7"],
                "seconds": 2.0,
            }
        ],
    }
    assert rows[1] == {"module": "b", "property": "a wire", "result": "left out"}
    assert [bench.unsettled(row) for row in rows] == [None, None, "c: missing"]


@pytest.mark.parametrize(
    ("verdict", "covers", "said"),
    [
        (FAILS, HOLDS, "a: refuted at a_properties.sv:7"),
        (OPEN, HOLDS, "a: not inductive at a_properties.sv:8"),
        (HOLDS, FAILS, "a: covers not reached at a_properties.sv:7"),
        (Verdict("timeout", (), 1.0), HOLDS, "a: timeout"),
    ],
)
def test_what_does_not_hold_is_said(
    verdict: Verdict,
    covers: Verdict,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    assert bench.unsettled(table(monkeypatch, tmp_path, verdict, covers)[0]) == said


def test_a_fault_that_is_not_found_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = table(monkeypatch, tmp_path, HOLDS, HOLDS, lost=HOLDS)[0]
    assert row["result"] == "proved"
    assert bench.unsettled(row) == "a: does not find 'no carry'"


def test_a_verdict_is_kept_unless_time_ran_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    late = Verdict("timeout", (), 1.0)
    assert table(monkeypatch, tmp_path, late, HOLDS)[0]["result"] == "timeout"
    assert table(monkeypatch, tmp_path, HOLDS, HOLDS)[0]["result"] == "proved"
    assert table(monkeypatch, tmp_path, FAILS, FAILS)[0]["result"] == "proved"


def test_the_digest_follows_what_a_proof_is_made_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proof = next(proof for proof in properties.PROOFS if proof.module == "fold_counter")
    before = bench.source_digest(proof)
    given = []
    for path in library():
        given.append(tmp_path / path.name)
        given[-1].write_text(path.read_text())
    monkeypatch.setattr(generated, "library", lambda: given)
    assert bench.source_digest(proof) == before
    (tmp_path / "stream_fifo.sv").write_text("module stream_fifo; endmodule")
    assert bench.source_digest(proof) == before
    (tmp_path / "fold_counter.sv").write_text("module fold_counter; endmodule")
    assert bench.source_digest(proof) != before


def test_the_digest_follows_the_faults_and_the_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    proof = next(proof for proof in properties.PROOFS if proof.module == "constant_stream")
    before = bench.source_digest(proof)
    assert bench.source_digest(proof, [FAULT]) != before
    monkeypatch.setitem(generated.STAGES, "constant_stream", 1)
    assert bench.source_digest(proof) != before
