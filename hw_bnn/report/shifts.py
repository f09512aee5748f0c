# SPDX-License-Identifier: BSD-3-Clause
"""What the shifts of stored studies did, as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from hw_bnn.report.benchmarks import Columns, table
from hw_bnn.study.statistics import resolution

Study = Mapping[str, Any]
"""What study.json holds."""
Row = Mapping[str, Any]


def whole(studies: Iterable[Study]) -> str:
    """Return a line per study: what constant shifts below and above zero did, and balance."""
    columns: Columns = {
        "study": lambda study: study["study"],
        "a shift is": _shift_is,
        "seeds": lambda study: len(study["seeds"]),
        "t = 0": lambda study: accuracy(_entries(study)[study["baseline"]]),
        "t < 0": lambda study: _listed(_side(study, -1)),
        "t > 0": lambda study: _listed(_side(study, 1)),
        "balanced": lambda study: difference(_entries(study).get("balanced", {})),
        "a shift is told from": _resolution,
    }
    return table(studies, columns)


def brief(studies: Iterable[Study]) -> str:
    """Return a line per study: means of what constant shifts did on each side, and balance."""
    columns: Columns = {
        "study": lambda study: study["study"],
        "a shift is": _shift_is,
        "t = 0": lambda study: accuracy(_entries(study)[study["baseline"]]),
        "t < 0": lambda study: _means(_side(study, -1).values()),
        "t > 0": lambda study: _means(_side(study, 1).values()),
        "balanced": lambda study: _means([_entries(study).get("balanced", {})]),
        "a shift is told from": _resolution,
    }
    return table(studies, columns)


def statements(studies: Iterable[Study]) -> str:
    """Return what all constant shifts did at either sign, then a sentence per study."""
    found = list(studies)
    groups: dict[str, list[Study]] = {}
    for study in found:
        groups.setdefault(_shift_is(study), []).append(study)
    lines = [f"**Where a shift is {kind}: {_counts(own)}.**" for kind, own in groups.items()]
    return "\n".join(["\n\n".join(lines), "", *(f"- {_statement(study)}" for study in found)])


def accuracy(entry: Row) -> str:
    """Return a method's mean accuracy with its standard deviation over seeds."""
    if entry["mean"] is None:
        return "every run diverged"
    spread = "" if entry["deviation"] is None else f" ± {100 * entry['deviation']:.2f}"
    diverged = f", {len(entry['diverged'])} diverged" if entry["diverged"] else ""
    return f"{100 * entry['mean']:.2f}%{spread}{diverged}"


def difference(entry: Row) -> str | None:
    """Return the difference to the baseline with its interval, marked if it is told from zero."""
    found = entry.get("difference")
    if found is None:
        return None
    low, high = (100 * bound for bound in found["interval"])
    mark = "" if entry["verdict"] == "not distinguishable" else "†"
    return f"{100 * found['mean']:+.2f}{mark} ({low:+.2f} to {high:+.2f})"


def _counts(studies: Sequence[Study]) -> str:
    """Say how many shifts of each sign are better and worse than t = 0, and their means."""
    said = []
    for sign, name in ((-1, "t < 0"), (1, "t > 0")):
        shifted = [entry for study in studies for entry in _side(study, sign).values()]
        found = [entry for entry in shifted if "difference" in entry]
        if not found:
            continue
        means = [100 * entry["difference"]["mean"] for entry in found]
        verdicts = [entry["verdict"] for entry in found]
        spread = f"means {min(means):+.2f} to {max(means):+.2f}"
        said.append(
            f"{len(found)} with {name}, {verdicts.count('better')} told better and"
            f" {verdicts.count('worse')} told worse than t = 0,"
            f" {spread if means[1:] else f'mean {means[0]:+.2f}'} points,"
            f" {sum(mean > 0 for mean in means)} above 0"
        )
    return "; ".join(said) or "none could be compared with t = 0"


def _statement(study: Study) -> str:
    return f"`{study['study']}`: {_beside_zero(study)}{_beside_balance(study)}"


def _beside_zero(study: Study) -> str:
    both = {**_side(study, -1), **_side(study, 1)}
    shifted = {t: entry for t, entry in both.items() if "difference" in entry}
    told = {t: entry for t, entry in shifted.items() if entry["verdict"] != "not distinguishable"}
    means = [100 * entry["difference"]["mean"] for entry in shifted.values()]
    if not means:
        return "no shift could be compared with t = 0."
    if not told:
        return (
            f"none of {len(shifted)} constant shifts is told from t = 0; their means are"
            f" {min(means):+.2f} to {max(means):+.2f} points."
        )
    found = "; ".join(
        f"t = {t:+g} is {entry['verdict']}, {difference(entry)}" for t, entry in told.items()
    )
    return f"{found}; {len(shifted)} constant shifts in all."


def _beside_balance(study: Study) -> str:
    shifted = [entry["method"] for side in (-1, 1) for entry in _side(study, side).values()]
    found = [
        pair
        for pair in study["pairs"]
        if pair["method"] in shifted and pair["against"] == "balanced" and "verdict" in pair
    ]
    return f" Beside the balanced threshold {_counted(found)}." if found else ""


def _counted(entries: Sequence[Row]) -> str:
    """Say how many are better and worse."""
    verdicts = [entry["verdict"] for entry in entries]
    told = [
        f"{verdicts.count(word)} of {len(verdicts)}{' are' if word == 'better' else ''} {word}"
        for word in ("better", "worse")
        if word in verdicts
    ]
    return ", ".join(told) or f"none of {len(verdicts)} is told from it"


def _shift_is(study: Study) -> str:
    shortcuts = study["recipe"]["model"]["kind"] == "resnet"
    return "the threshold's" if shortcuts else "a start of the bias"


def _resolution(study: Study) -> str | None:
    """Return the points from which a shift is told from t = 0, as the clearest comparison of all.

    For the median of the deviations that the constant shifts' own differences have.
    """
    comparisons = [e for e in (*study["summary"], *study["pairs"]) if "difference" in e]
    sides = (*_side(study, -1).values(), *_side(study, 1).values())
    found = [entry["difference"] for entry in sides if "difference" in entry]
    known = [
        resolution(one["deviation"], one["seeds"], len(comparisons))
        for one in found
        if one["deviation"]
    ]
    return f"{100 * median(known):.2f}" if known else None


def _entries(study: Study) -> dict[str, Row]:
    return {entry["method"]: entry for entry in study["summary"]}


def _means(entries: Iterable[Row]) -> str | None:
    """Return the mean differences, and how many are told from zero."""
    found = [entry for entry in entries if "difference" in entry]
    if not found:
        return None
    means = ", ".join(f"{100 * entry['difference']['mean']:+.2f}" for entry in found)
    told = [entry["verdict"] for entry in found if entry["verdict"] != "not distinguishable"]
    counts = {verdict: told.count(verdict) for verdict in sorted(set(told))}
    said = ", ".join(f"{n} of {len(found)} {v}" if found[1:] else v for v, n in counts.items())
    return f"{means} ({said or 'not distinguishable'})"


def _side(study: Study, sign: int) -> dict[float, Row]:
    """Return the methods with one constant shift of this sign, from small shifts to large."""
    found = {}
    for name, entry in _entries(study).items():
        shift = study["methods"][name].get("model.threshold", {}).get("shift")
        if isinstance(shift, float | int) and shift * sign > 0:
            found[float(shift)] = entry
    return dict(sorted(found.items(), key=lambda item: abs(item[0])))


def _listed(shifted: Mapping[float, Row]) -> str:
    return "<br>".join(f"{t:+g}: {difference(entry)}" for t, entry in shifted.items())
