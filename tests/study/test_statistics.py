# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest
from scipy import stats

from hw_bnn.study.statistics import Estimate, entropy, estimate, holm, p_value, resolution
from hw_bnn.study.summary import summarise

LAYER = {
    "name": "3",
    "share_of_plus_one": 0.25,
    "entropy": 0.8,
    "threshold": None,
    "histogram": [0.0, 1.0],
}


def row(method: str, seed: int, accuracy: float, **layer: object) -> dict[str, object]:
    layers = [{**LAYER, **layer}]
    return {
        "method": method,
        "seed": seed,
        "diverged": False,
        "accuracy": accuracy,
        "layers": layers,
    }


def diverged(method: str, seed: int) -> dict[str, object]:
    return {"method": method, "seed": seed, "diverged": True}


def runs(method: str, *accuracies: float) -> list[dict[str, object]]:
    return [row(method, seed, accuracy) for seed, accuracy in enumerate(accuracies)]


def test_the_interval_is_students():
    found = estimate([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.number, found.mean) == (5, 3.0)
    assert found.deviation == pytest.approx(2.5**0.5)
    half = 2.7764451 * (2.5 / 5) ** 0.5  # the table's 97.5% quantile at 4 degrees of freedom
    assert found.interval == pytest.approx((3 - half, 3 + half))


def test_one_seed_is_no_comparison():
    found = summarise([row("zero", 0, 0.5), row("a", 0, 0.9)], "zero")
    assert [entry["mean"] for entry in found["summary"]] == [0.5, 0.9]
    assert all(entry["interval"] is None for entry in found["summary"])
    assert "difference" not in found["summary"][1]
    assert "verdict" not in found["summary"][1]
    assert found["sentences"] == ["a: no comparison with zero: fewer than 2 seeds of both"]
    assert found["caution"] is None


def test_the_p_value_is_that_of_the_paired_t_test():
    base, other = [0.90, 0.92, 0.97], [0.91, 0.94, 0.98]
    pairs = [b - a for a, b in zip(base, other, strict=True)]
    assert p_value(estimate(pairs)) == pytest.approx(stats.ttest_rel(other, base).pvalue)
    assert p_value(estimate([0.0, 0.0])) == 1.0
    assert p_value(estimate([0.5, 0.5])) == 1.0


def test_holm_as_r_has_it():
    # p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"), and a value whose product is above 1
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


def test_one_interval_without_zero_among_many_comparisons_shows_nothing():
    base = [0.9, 0.9, 0.9, 0.9, 0.9]
    close = [0.905, 0.909, 0.902, 0.904, 0.910]  # p = .02 alone
    far = [0.80, 0.801, 0.802, 0.799, 0.80]
    rows = runs("zero", *base) + runs("close", *close) + runs("far", *far)
    alone = summarise([row for row in rows if row["method"] != "far"], "zero")["summary"][1]
    assert alone["verdict"] == "better"
    for other in range(14):
        rows += runs(f"same {other}", 0.89, 0.91, 0.90, 0.88, 0.92)
    found = summarise(rows, "zero")
    verdicts = {entry["method"]: entry.get("verdict") for entry in found["summary"]}
    assert found["summary"][1]["difference"]["interval"][0] > 0
    assert (verdicts.pop("zero"), verdicts.pop("far")) == (None, "worse")
    assert set(verdicts.values()) == {"not distinguishable"}
    assert found["caution"].startswith("16 comparisons: better and worse by Holm")


def test_pairs_are_compared_within_the_same_family():
    base = [0.9, 0.9, 0.9, 0.9, 0.9]
    a, b = [0.905, 0.909, 0.902, 0.904, 0.910], [0.80, 0.801, 0.802, 0.799, 0.80]
    rows = runs("zero", *base) + runs("a", *a) + runs("b", *b) + [diverged("c", 0)]
    found = summarise(rows, "zero", [("a", "b"), ("c", "a")])
    p = [stats.ttest_rel(one, other).pvalue for one, other in ((a, base), (b, base), (a, b))]
    assert p[0] > max(p[1:])  # so Holm leaves it, and triples the smallest
    assert found["summary"][1]["difference"]["p_holm"] == pytest.approx(p[0])
    pair, none = found["pairs"]
    assert none == {"method": "c", "against": "a"}
    assert (pair["method"], pair["against"], pair["verdict"]) == ("a", "b", "better")
    assert pair["difference"]["mean"] == pytest.approx(sum(a) / 5 - sum(b) / 5)
    assert pair["difference"]["p_holm"] == pytest.approx(3 * p[2] if p[2] < p[1] else 2 * p[2])
    assert found["sentences"][-2].startswith("a: +10.56 points against b, ")
    assert found["sentences"][-1] == "c: no comparison with a: fewer than 2 seeds of both"
    assert found["caution"].startswith("3 comparisons: ")


def test_the_resolution_is_where_the_clearest_comparison_is_told():
    # n = 5, m = 16: t(1 - .025/16, 4) = 6.364, and a mean just above q s has p by Holm below .05
    least = resolution(0.01, 5, 16)
    assert least == pytest.approx(6.364 / 5**0.5 * 0.01, rel=1e-3)
    for factor, told in ((1.001, True), (0.999, False)):
        p = p_value(Estimate(5, factor * least, 0.01, None))
        assert (holm([p] + [1.0] * 15)[0] < 0.05) == told


def test_the_sentence_says_points():
    rows = runs("zero", 0.9, 0.9, 0.9) + runs("shift -0.5", 0.901, 0.902, 0.9)
    assert summarise(rows, "zero")["sentences"] == [
        "shift -0.5: +0.10 points against zero, 95% interval -0.15 to +0.35, 3 seeds,"
        " p by Holm 0.23: not distinguishable"
    ]


def test_diverged_runs_are_counted_and_left_out():
    rows = [*runs("zero", 0.9, 0.8, 0.7, 0.6), *runs("a", 0.91, 0.82, 0.71), diverged("a", 3)]
    rows += [*runs("b", 0.95), *(diverged("b", seed) for seed in (1, 2, 3))]
    rows += [diverged("c", seed) for seed in range(4)]
    found = summarise(rows, "zero")
    zero, a, b, c = found["summary"]
    assert (zero["seeds"], zero["diverged"]) == (4, [])
    assert (a["seeds"], a["diverged"]) == (3, [3])
    assert a["mean"] == pytest.approx((0.91 + 0.82 + 0.71) / 3)
    assert a["difference"]["seeds"] == 3
    assert a["difference"]["mean"] == pytest.approx((0.01 + 0.02 + 0.01) / 3)
    assert (b["seeds"], b["mean"], "difference" in b) == (1, 0.95, False)
    assert (c["seeds"], c["mean"], c["layers"]) == (0, None, [])
    assert found["sentences"][0] == "a: 1 of 4 seeds diverged, left out of its means"
    assert "3 seeds, p by Holm" in found["sentences"][1]
    assert found["sentences"][2:] == [
        "b: 3 of 4 seeds diverged, left out of its means",
        "b: no comparison with zero: fewer than 2 seeds of both",
        "c: 4 of 4 seeds diverged, left out of its means",
        "c: no comparison with zero: fewer than 2 seeds of both",
    ]
    assert found["caution"] is None


def test_a_method_is_compared_by_the_seeds_that_the_baseline_has_too():
    rows = [diverged("zero", 0), row("zero", 1, 0.8), row("zero", 2, 0.7)]
    found = summarise(rows + runs("a", 0.1, 0.81, 0.72), "zero")["summary"][1]
    assert found["seeds"] == 3
    assert (found["difference"]["seeds"], found["difference"]["mean"]) == (2, pytest.approx(0.015))


@pytest.mark.parametrize(("share", "bits"), [(0.5, 1.0), (0.0, 0.0), (1.0, 0.0), (0.25, 0.811278)])
def test_entropy(share, bits):
    assert entropy(share) == pytest.approx(bits, abs=1e-6)


def test_differences_are_taken_seed_by_seed():
    base, other = [0.90, 0.92, 0.97], [0.91, 0.94, 0.98]
    rows = [row("other", seed, value) for seed, value in enumerate(other)]
    rows += [row("zero", seed, value) for seed, value in reversed(list(enumerate(base)))]
    found = summarise(rows, "zero")
    assert [entry["method"] for entry in found["summary"]] == ["other", "zero"]
    difference = found["summary"][0]["difference"]
    expected = stats.ttest_rel(other, base).confidence_interval(0.95)
    assert difference["interval"] == pytest.approx([expected.low, expected.high])
    assert found["summary"][0]["verdict"] == "not distinguishable"
    assert "difference" not in found["summary"][1]
    assert len(found["sentences"]) == 1


def test_layers_are_averaged_over_seeds():
    rows = [
        row("zero", 0, 0.9, histogram=[0.0, 1.0], threshold=[0.0, 0.1, 0.2]),
        row("zero", 1, 0.9, histogram=[0.5, 0.5], threshold=[0.0, 0.3, 0.4]),
        row("dynamic", 0, 0.9),
        row("dynamic", 1, 0.9),
    ]
    zero, dynamic = summarise(rows, "zero")["summary"]
    assert zero["layers"][0]["histogram"] == [0.25, 0.75]
    assert zero["layers"][0]["threshold"] == pytest.approx([0.0, 0.2, 0.3])
    assert dynamic["layers"][0]["threshold"] is None
