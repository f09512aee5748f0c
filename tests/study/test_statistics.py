# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import pytest
from scipy import stats

from hw_bnn.study.statistics import Estimate, caution, entropy, estimate, sentence, verdict
from hw_bnn.study.summary import summarise

LAYER = {
    "name": "3",
    "share_of_plus_one": 0.25,
    "entropy": 0.8,
    "threshold": None,
    "histogram": [0.0, 1.0],
}


def row(method: str, seed: int, accuracy: float, **layer: object) -> dict[str, object]:
    return {"method": method, "seed": seed, "accuracy": accuracy, "layers": [{**LAYER, **layer}]}


def test_the_interval_is_students():
    found = estimate([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (found.number, found.mean) == (5, 3.0)
    assert found.deviation == pytest.approx(2.5**0.5)
    half = 2.7764451 * (2.5 / 5) ** 0.5  # the table's 97.5% quantile at 4 degrees of freedom
    assert found.interval == pytest.approx((3 - half, 3 + half))


def test_one_seed_has_no_interval():
    found = estimate([0.5])
    assert found == Estimate(1, 0.5, None, None)
    assert verdict(found) == "one seed shows nothing"
    assert sentence("a", "zero", found) == "a: +50.00 points against zero, one seed shows nothing"


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((0.001, 0.002), "better"),
        ((-0.002, -0.001), "worse"),
        ((-0.001, 0.002), "not distinguishable"),
        ((0.0, 0.0), "not distinguishable"),
    ],
)
def test_a_verdict_needs_an_interval_without_zero(interval, expected):
    assert verdict(Estimate(5, sum(interval) / 2, 0.1, interval)) == expected


def test_the_sentence_says_points():
    difference = Estimate(5, 0.0012, 0.001, (-0.0003, 0.0027))
    assert sentence("shift -0.5", "zero", difference) == (
        "shift -0.5: +0.12 points against zero, 95% interval -0.03 to +0.27, 5 seeds:"
        " not distinguishable"
    )
    assert "15 comparisons" in caution(15)
    assert "0.8 of them" in caution(15)


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
