# SPDX-License-Identifier: BSD-3-Clause
"""report.html says what report.json says, and nothing that is not there."""

from __future__ import annotations

import copy
import json
from html.parser import HTMLParser

import pytest

from hw_bnn.report import page, results


class Reader(HTMLParser):
    """Texts of the elements, and whether all that were opened are closed."""

    VOID = ("meta",)
    declarations = 0

    def handle_decl(self, decl):
        self.declarations += 1

    def handle_pi(self, data):
        raise AssertionError(data)

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open or not data.strip():
            return
        self.texts.append(data.strip())
        if self.open[-1] in ("td", "th"):
            self.rows[-1][-1] = data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert not reader.open
    assert reader.declarations == 1
    return reader


@pytest.fixture
def report(repository):
    return json.loads((repository / results.RESULTS / "tfc-mnist-pynq-z1.json").read_text())


def test_figures_and_units_are_those_of_the_report(report):
    found = read(page.page(report, {}))
    total = report["resources"]["total"]
    accuracy = f"{100 * report['accuracy']['rtl']['accuracy']:.2f}%"
    for text in (
        "tfc-mnist-pynq-z1",
        accuracy,
        f"0 of {len(report['bit_exact'])}",
        "64",
        "1,562,500",
        f"{total['lc']:,}",
        "yosys estimates, before place and route",
        "Nothing ran on a board",
    ):
        assert any(text in shown for shown in found.texts), text
    rows = {row[0]: row for row in found.rows if row}
    fold, cells = report["folding"]["XnorMVAU_rtl_1"], report["resources"]["layers"]
    own = [str(fold["PE"]), str(fold["SIMD"]), "", "64"]
    assert rows["MVAU_1"][3:7] == own
    assert rows["MVAU_1"][9] == f"{cells['XnorMVAU_rtl_1']['lc']:,}"
    assert rows["FIFO_3"][5] == str(report["fifo_depths"]["StreamingFIFO_hwbnn_3"])
    assert rows["RTL"][1] == accuracy
    assert "Training" not in found.texts


def test_the_accuracy_shown_is_of_most_images(report):
    report["accuracy"]["rtl"] = {"correct": 1, "images": 2, "accuracy": 0.5}
    found = read(page.page(report, {}))
    assert "of 10,000 images right, golden executor" in found.texts


def test_a_difference_is_red_and_told(report):
    report = copy.deepcopy(report)
    row = report["bit_exact"][-1]
    row |= {"mismatches": 3, "first": {"layer": "input", "text": "at layer <input>, channel 0"}}
    row["layers"][0]["mismatches"] = 3
    text = page.page(report, {})
    assert '<div class="tile bad"><b>1 of 17</b>comparisons differ</div>' in text
    assert "at layer &lt;input&gt;, channel 0" in text
    assert "<input>" not in text
    assert "comparisons differ" in read(text).texts


def test_many_levels_are_red(report):
    assert 'class="tile bad"' not in page.page(report, {})
    report["resources"]["total"]["levels"] = 6
    assert '<div class="tile bad"><b>6</b>levels of logic</div>' in page.page(report, {})


def test_more_than_the_part_has_is_red(report):
    assert "bar over" not in page.page(report, {})
    report["resources"]["total"]["bram36"] = 141
    found = page.page(report, {})
    assert "bar over" in found
    assert "101%" in found


def test_a_report_without_a_count_has_no_share(report):
    del report["resources"]["total"]["sites"]
    assert "Share of the part" not in read(page.page(report, {})).texts


@pytest.mark.parametrize("part", ["accuracy", "bit_exact", "resources", "estimates", "part"])
def test_what_is_missing_is_left_out(report, part):
    whole = read(page.page(report, {}))
    del report[part]
    rest = read(page.page(report, {}))
    assert len(rest.texts) < len(whole.texts)
    assert not {"None", "nan"} & set(rest.texts)


def test_a_build_that_was_not_synthesised_has_no_share(report):
    report["resources"] = {}
    found = read(page.page(report, {}))
    assert "Share of the part" not in found.texts
    assert "Units" in found.texts
    assert any("not a timing result" in text for text in found.texts)
    assert any("Bars: cycles" in text for text in found.texts)


def test_an_unknown_part_has_no_share(report):
    report["part"] = "xcvu9999"
    assert "Share of the part" not in read(page.page(report, {})).texts


def test_training_is_drawn(tmp_path, report):
    epochs = [{"epoch": n, "loss": 1 / n, "validation_accuracy": 0.5 + n / 10} for n in range(1, 4)]
    metrics = {
        "epochs": epochs,
        "train_images": 54_000,
        "validation_images": 6000,
        "chosen_epoch": 3,
    }
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "metrics.json").write_text(json.dumps(metrics))
    (tmp_path / "report.json").write_text(json.dumps(report))
    page.write(tmp_path)
    text = (tmp_path / page.FILE).read_text()
    assert "held-out images right, %" in text
    assert "54,000 training images, 6,000 held out" in text
    assert "The test split" not in text
    assert "The test split chose nothing" in page.page(report, {**metrics, "test": {}})
    read(text)
    for epoch in epochs:
        epoch["validation_accuracy"] = None
    assert "held-out images right, %" not in page.page(report, metrics)


@pytest.mark.parametrize(
    "text", ["[1, 2]", "{", '{"epochs": []}', '{"epochs": [{"epoch": 1, "loss": 2.0}]}', "null"]
)
def test_a_damaged_training_is_told(tmp_path, report, text):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "metrics.json").write_text(text)
    (tmp_path / "report.json").write_text(json.dumps(report))
    page.write(tmp_path)
    assert "metrics.json is damaged" in (tmp_path / page.FILE).read_text()
