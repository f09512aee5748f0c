# SPDX-License-Identifier: BSD-3-Clause
"""The table of proofs says what holds, what does not, and what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hw_bnn.bench import proofs as bench
from hw_bnn.progress import SILENT
from hw_bnn.rtl import properties
from hw_bnn.rtl import sources as library
from hw_bnn.rtl.properties import Proof
from hw_bnn.tools.formal import Verdict

HOLDS = Verdict("pass", (), 1.04)
FAILS = Verdict("fail", ("a_properties.sv:7",), 1.0)
OPEN = Verdict("unknown", ("a_properties.sv:8",), 1.0)


def table(
    monkeypatch: pytest.MonkeyPatch, verdict: Verdict, covers: Verdict
) -> list[dict[str, Any]]:
    monkeypatch.setattr(properties, "PROOFS", (Proof("a", "adds", ("W=1", "W=2")),))
    monkeypatch.setattr(properties, "UNPROVED", {"b": "a wire"})
    monkeypatch.setattr(bench, "library", lambda: [Path("a.sv"), Path("b.sv"), Path("c.sv")])
    monkeypatch.setattr(bench, "source_digest", lambda proof: f"digest of {proof.module}")
    verdicts = {"prove": verdict, "cover": covers}
    monkeypatch.setattr(bench, "check", lambda proof, folder, mode: verdicts[mode])
    rows: list[dict[str, Any]] = bench.proofs(SILENT)["rows"]
    return rows


def test_a_proof_that_holds_and_modules_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(monkeypatch, HOLDS, HOLDS)
    assert rows[0] == {
        "module": "a",
        "property": "adds",
        "parameters": "W=1; W=2",
        "method": "induction, 3 cycles; covers in 12",
        "seconds": 2.1,
        "result": "proved",
        "digest": "digest of a",
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
    verdict: Verdict, covers: Verdict, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bench.unsettled(table(monkeypatch, verdict, covers)[0]) == said


def test_the_digest_follows_what_a_proof_is_made_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proof = next(proof for proof in properties.PROOFS if proof.module == "fold_counter")
    before = bench.source_digest(proof)
    given = []
    for path in library():
        given.append(tmp_path / path.name)
        given[-1].write_text(path.read_text())
    monkeypatch.setattr(bench, "library", lambda: given)
    assert bench.source_digest(proof) == before
    (tmp_path / "stream_fifo.sv").write_text("module stream_fifo; endmodule")
    assert bench.source_digest(proof) == before
    (tmp_path / "fold_counter.sv").write_text("module fold_counter; endmodule")
    assert bench.source_digest(proof) != before
