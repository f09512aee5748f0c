# SPDX-License-Identifier: BSD-3-Clause
"""Every module has a proof or a reason, proofs hold, and a planted fault is found.

All proofs and faults run in `hw-bnn bench proofs`, whose table must be of the present ones; here
two proofs, and faults in some modules. The rest is slow.
"""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest

from hw_bnn import files
from hw_bnn.bench.proofs import check, missing, source_digest, unsettled
from hw_bnn.errors import HwBnnError
from hw_bnn.rtl.properties import PROOFS, UNPROVED, Proof
from hw_bnn.rtl.properties.faults import FAULTS, Fault, faults_of, plant

pytestmark = pytest.mark.rtl

QUICK = 16
FAST = ("stream_fifo", "constant_stream")  # proofs


def marked() -> list[object]:
    """Return faults as parameters; all but one fault each of QUICK drawn modules are slow."""
    modules = sorted({fault.module for fault in FAULTS})
    quick = set(random.Random(0).sample(modules, QUICK))
    found: list[object] = []
    for fault in FAULTS:
        marks = [] if fault.module in quick else [pytest.mark.slow]
        quick.discard(fault.module)
        found.append(pytest.param(fault, id=f"{fault.module}: {fault.name}", marks=marks))
    return found


def test_every_module_has_a_proof_or_a_reason() -> None:
    assert set(missing()) == set(UNPROVED)
    assert {fault.module for fault in FAULTS} == {proof.module for proof in PROOFS}


def test_the_kept_table_has_every_proof(repository: Path) -> None:
    rows = files.read_json(repository / "benchmarks" / "results" / "proofs.json")["rows"]
    assert [unsettled(row) for row in rows if unsettled(row)] == []
    proved = {(row["module"], row["parameters"]): row["digest"] for row in rows if "digest" in row}
    present = {(p.module, "; ".join(p.parameters)): source_digest(p, faults_of(p)) for p in PROOFS}
    found = [(row["module"], fault["fault"]) for row in rows for fault in row.get("faults", [])]
    assert sorted(found) == sorted((fault.module, fault.name) for fault in FAULTS)
    assert proved == present, "run `hw-bnn bench proofs` again"


def test_a_fault_that_cannot_be_planted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HwBnnError, match="fold_counter has no"):
        plant(Fault("fold_counter", "none", "no such text", ""), tmp_path)


@pytest.mark.parametrize("fault", marked())
def test_a_planted_fault_is_found(fault: Fault, tmp_path: Path) -> None:
    proof = next(proof for proof in PROOFS if fault in faults_of(proof))
    searched = dataclasses.replace(proof, depth=max(proof.depth, fault.depth))
    verdict = check(searched, tmp_path, "bmc", plant(fault, tmp_path))
    assert verdict.status == "fail"
    assert verdict.violated


@pytest.mark.parametrize(
    "proof",
    [
        pytest.param(p, id=p.module, marks=[] if p.module in FAST else pytest.mark.slow)
        for p in PROOFS
    ],
)
def test_proof_holds(proof: Proof, tmp_path: Path) -> None:
    assert check(proof, tmp_path / "proof", proof.mode).status == "pass"
    assert check(proof, tmp_path / "cover", "cover").status == "pass"
