# SPDX-License-Identifier: BSD-3-Clause
"""Drawn networks with drawn hardware through RTL, and that the study counts what is wrong."""

from __future__ import annotations

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from hw_bnn import bench, cli
from hw_bnn.bench import rtl, study
from hw_bnn.bench.rtl_network import STAGES, check
from hw_bnn.build import plan

SEED = 1  # the stored study has another
NETWORKS = {
    4: {"Thresholding", "stream_window_whole", "max-pool", "padding with -1"},
    8: {"stream_window_rows", "weights as constant", "2-bit activation"},
    11: {"LabelSelect", "stream_window", "converter in 2 stages", "zero padding"},
    37: {"weights as constant", "weights as memory"},
    40: {"FIFO of more than 2 words", "4-bit activation", "padding with 0"},
    52: {"LabelSelect", "Thresholding", "max-pool", "pool before"},
}
"""Drawn networks and some of what they hold; found by trying."""

PERCEPTRON = 37
DEEP_FIFO = 40


@pytest.mark.rtl
@pytest.mark.parametrize("index", NETWORKS)
def test_a_drawn_network_gives_the_same_bits_in_the_cycles_of_the_model(index):
    result = check(SEED, index)
    assert set(result.traits) >= NETWORKS[index]
    assert not result.stopped
    assert [result.compared[stage][2] for stage in STAGES] == [0, 0]
    boundaries, values, _ = result.compared[STAGES[0]]
    assert boundaries >= 2
    assert values > 12
    assert not (result.latency or result.pace)


@pytest.fixture
def plant(monkeypatch):
    """Change files of the plan whose names match a pattern."""

    def planted(pattern, change):
        sound = plan.make_plan

        def faulty(graph):
            made = sound(graph)
            names = [name for name in made.files if re.fullmatch(pattern, name)]
            changed = {name: change(made.files[name]) for name in names}
            assert any(changed[name] != made.files[name] for name in names)
            return dataclasses.replace(made, files=made.files | changed)

        monkeypatch.setattr(plan, "make_plan", faulty)

    return planted


@pytest.mark.rtl
def test_a_wrong_weight_shows_as_mismatches(plant):
    def flipped(words):
        first, rest = words.split("\n", 1)
        return f"{int(first, 16) ^ 1:0{len(first)}x}\n{rest}"

    plant(r"XnorMVAU_rtl_\d_weights\.mem", flipped)
    result = check(SEED, PERCEPTRON)
    assert all(result.compared[stage][2] > 0 for stage in STAGES)
    assert not (result.stopped or result.latency or result.pace)


@pytest.mark.rtl
def test_words_that_never_come_show_as_a_deadlock(plant):
    plant(r"StreamingFIFO_hwbnn_1\.v", lambda text: text.replace("(in0_V_TVALID)", "(1'b0)"))
    result = check(SEED, PERCEPTRON)
    assert not result.compared
    assert all("deadlock" in result.stopped[stage] for stage in STAGES)


@pytest.mark.rtl
def test_a_short_fifo_shows_as_another_pace(plant):
    plant(r"StreamingFIFO_hwbnn_\d+\.v", lambda text: re.sub(r"\.Depth\(\d+\)", ".Depth(2)", text))
    result = check(SEED, DEEP_FIFO)
    assert [result.compared[stage][2] for stage in STAGES] == [0, 0]
    assert result.pace


def canned(index, **options):
    """A result as a process returns it; network 1 was refused."""
    record = {"index": index, "refused": "a rule" if index == 1 else "", "traits": ["1 layers"]}
    record |= {"compared": dict.fromkeys(STAGES, (3, 100, 0)), "stopped": {}}
    return record | {"latency": False, "pace": False} | options


@pytest.fixture
def work(monkeypatch):
    """The study in this process; returns a function that says what a network's result is."""

    def with_results(result):
        monkeypatch.setattr(rtl, "CHUNK", 1)
        monkeypatch.setattr(rtl, "_work", lambda _seed, first, _count: [result(first)])
        monkeypatch.setattr(
            study, "ProcessPoolExecutor", lambda count, mp_context: ThreadPoolExecutor(1)
        )

    return with_results


FAULTS = {
    0: {"compared": {STAGES[0]: (3, 100, 7), STAGES[1]: (3, 100, 0)}, "latency": True},
    2: {"compared": {}, "stopped": dict.fromkeys(STAGES, "deadlock, no beat moves")},
    3: {"compared": {STAGES[0]: (3, 100, 0)}, "stopped": {STAGES[1]: "extra beat"}, "pace": True},
}


def test_the_study_counts_what_is_wrong_and_how_to_repeat_it(work):
    work(lambda index: canned(index, **FAULTS.get(index, {})))
    result = bench.run("rtl", networks=4, seed=5)
    plain, pauses = result["rows"]
    assert (plain["stage"], pauses["stage"]) == STAGES
    keys = ("networks", "boundaries", "values", "mismatches", "deadlocks", "errors")
    assert [plain[key] for key in keys] == [4, 9, 300, 7, 1, 0]
    assert [pauses[key] for key in keys] == [4, 6, 200, 0, 1, 1]
    assert (plain["other_latency"], plain["other_pace"]) == (1, 1)
    assert result["refused"] == {"in all": 1, "a rule": 1}
    assert result["drawn"] == {"1 layers": 5}
    calls = [line.split(":")[0] for line in result["failed"]]
    assert calls == [f"hw_bnn.bench.rtl_network.check(5, {index})" for index in (0, 0, 2, 2, 3, 3)]


@pytest.mark.parametrize("fault", [{}, *FAULTS.values(), {"latency": True}, {"pace": True}])
def test_the_command_fails_if_anything_does(work, tmp_path, fault):
    work(lambda index: canned(index, **fault))
    out = tmp_path / "rtl.json"
    with pytest.raises(SystemExit) as stop:
        cli.main(["bench", "rtl", "--networks", "1", "--out", str(out)])
    assert stop.value.code == (1 if fault else 0)
    assert out.is_file()


def test_an_interrupted_study_goes_on(work, tmp_path):
    computed, stops = [], 3

    def result(index):
        if len(computed) == stops:
            raise KeyboardInterrupt
        computed.append(index)
        return canned(index)

    work(result)
    with pytest.raises(KeyboardInterrupt):
        bench.run("rtl", networks=6, kept=tmp_path / "parts")
    finished, stops = set(computed), None
    computed.clear()
    bench.run("rtl", networks=6, kept=tmp_path / "parts")
    assert not set(computed) & finished
    assert not (tmp_path / "parts").exists()
