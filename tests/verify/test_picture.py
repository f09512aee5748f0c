# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import io
from xml.etree import ElementTree

from rich.console import Console

from hw_bnn.report import table, verification
from hw_bnn.verify.picture import svg

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("input", "<a>", "b", "outputs")


def row(stage, mismatches, seen=(9, 9, 9, 9), **options):
    layers = [
        {"layer": name, "samples": samples, "mismatches": count}
        for name, samples, count in zip(NAMES, seen, mismatches, strict=True)
    ]
    first = next((name for name, count in zip(NAMES, mismatches, strict=True) if count), None)
    where = first and {"layer": first, "text": f"layer {first}, channel 3: -1 instead of 1"}
    return {
        "stage": stage, "reference": "QONNX", "samples": 9, "mismatches": max(mismatches),
        "layers": layers, "first": where,
    } | options  # fmt: skip


ROWS = [
    row("QONNX", (0, 2, 3, 3), ties=True),
    row("golden", (0, 0, 0, 0)),
    row("RTL & pauses", (0, 0, 4, 5), (9, 9, 9, 0)),
]
STATES = [
    ["agrees", "differs at ties", "differs at ties", "differs at ties"],
    ["agrees"] * 4,
    ["agrees", "agrees", "differs", "not compared"],
]


def test_the_picture_has_a_cell_for_each_stage_and_layer():
    root = ElementTree.fromstring(svg(ROWS))
    titles = [element.text for element in root.iter(f"{SVG}title")]
    expected = [
        f"{entry['stage']}, {name}: {state}"
        for entry, states in zip(ROWS, STATES, strict=True)
        for name, state in zip(NAMES, states, strict=True)
    ]
    assert [title.split(";")[0] for title in titles] == expected
    assert titles[10].endswith("4 of 9 images differ from QONNX")
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert "RTL & pauses: layer b, channel 3: -1 instead of 1" in texts
    (frame,) = [e for e in root.iter(f"{SVG}rect") if e.get("stroke")]
    cell = list(root.iter(f"{SVG}g"))[10].find(f"{SVG}rect")
    assert (frame.get("x"), frame.get("y")) == (cell.get("x"), cell.get("y"))


def test_long_names_of_stages_stay_in_the_picture():
    long = "FINN+ step_create_dataflow_partition_of_everything"
    root = ElementTree.fromstring(svg([row(long, (0, 0, 0, 0))]))
    (label,) = [e for e in root.iter(f"{SVG}text") if long in (e.text or "")]
    assert label.text == f"1  {long}, 9 images"
    base = float(label.get("transform").split(",")[1].split(")")[0])
    assert base > 0.8 * 6 * len(label.text)  # of letters at least 6 pixels wide, at 55 degrees


def test_the_picture_says_so_when_all_agree():
    assert "no stage differs" in svg(ROWS[1:2])


def shown(content):
    console = Console(file=io.StringIO(), width=80)
    console.print(verification.tables(content))
    return console.file.getvalue()


def test_the_terminal_shows_the_same():
    text = shown({"bit_exact": ROWS})
    lines = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.split()}
    assert lines["input"] == ["=", "=", "="]
    assert lines["<a>"] == ["~", "=", "="]
    assert lines["b"] == ["~", "=", "X"]
    assert lines["outputs"] == ["~", "=", "."]
    assert "layer b, channel 3" in text


def test_ambiguous_points_are_listed_up_to_twenty():
    point = {"layer": "a", "channel": 5, "sum": -4, "trained": 1.0, "qonnx": -1.0}
    text = shown({"ambiguous": [point] * 23})
    assert text.count("-4") == 20
    assert "3 more" in text


def test_ties_alone_are_no_failure():
    assert table.mismatch({"bit_exact": ROWS[:2]}) is None
    text = table.mismatch({"bit_exact": ROWS})
    assert text == (
        "RTL & pauses differs from QONNX in 5 of 9 samples, "
        "first at layer b, channel 3: -1 instead of 1"
    )
