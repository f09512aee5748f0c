# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from matplotlib.colors import to_hex

from hw_bnn.study import pictures
from hw_bnn.study.summary import summarise

LAYER = {"name": "3", "share_of_plus_one": 0.25, "entropy": 0.8, "threshold": None}


def study(accuracies: dict[str, list[float | None]]) -> dict[str, object]:
    rows = [
        {"method": method, "seed": seed, "diverged": True}
        if value is None
        else {
            "method": method,
            "seed": seed,
            "diverged": False,
            "accuracy": value,
            "layers": [{**LAYER, "histogram": [0.0, 1.0]}],
        }
        for method, values in accuracies.items()
        for seed, value in enumerate(values)
    ]
    return {"study": "s", "bins": [0, 1, 2], "rows": rows, **summarise(rows, "zero")}


def test_colours_follow_the_verdict_not_the_interval():
    base, better = [0.9] * 5, [0.95, 0.951, 0.952, 0.949, 0.95]
    close = [0.905, 0.909, 0.902, 0.904, 0.910]  # its interval excludes 0
    same = {f"same {n}": [0.89, 0.91, 0.90, 0.88, 0.92] for n in range(14)}
    figure = pictures.accuracy(study({"zero": base, "close": close, "better": better, **same}))
    means = [line for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert [to_hex(line.get_color()) for line in means[:3]] == ["#5b7fb5", "#5b7fb5", "#2e9e5b"]


def test_methods_that_only_diverged_have_their_name_and_nothing_else(tmp_path):
    some = study({"zero": [0.9, 0.8], "wild": [None, None]})
    assert [t.get_text() for t in pictures.accuracy(some).axes[0].get_yticklabels()] == [
        "zero",
        "wild (2 diverged)",
    ]
    assert len(pictures.distributions(some).axes) == 1
    pictures.write(study({"zero": [None, None]}), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["accuracy.svg"]


def test_methods_may_have_other_numbers_of_layers():
    some = study({"zero": [0.9, 0.8], "deep": [0.7, 0.6]})
    some["summary"][1]["layers"] *= 3
    axes = pictures.distributions(some).axes
    assert [a.axison for a in axes] == [True, False, False, True, True, True]
    assert [a.get_title() for a in axes[:3]] == ["activation 1", "activation 2", "activation 3"]
    (table,) = pictures.shares(some).axes
    assert len(table.texts) == 1 + 3
