# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

from pathlib import Path

import pytest

from hw_bnn.errors import HwBnnError
from hw_bnn.study import load_study

STUDIES = Path(__file__).parents[2] / "build_configs" / "studies"
BASE = """
data: {name: digits}
model: {hidden: [8, 4], threshold: {policy: learned}}
train: {epochs: 2}
seeds: [0, 3]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(BASE + text)
    return path


def test_a_method_replaces_values_of_the_recipe(tmp_path):
    text = """
methods:
  learned: {}
  shift -0.5: {model.threshold: {policy: shift, shift: -0.5}, train.crop: 1}
  ede: {model.surrogate.name: ede}
"""
    config = load_study(written(tmp_path, text))
    assert (config.name, config.reference) == ("tiny", "learned")
    learned, shifted, ede = (config.experiment(method, 3) for method in config.methods)
    assert learned.train.seed == shifted.train.seed == 3
    assert (shifted.model.threshold.policy, shifted.model.shifts()) == ("shift", [-0.5, -0.5])
    assert (learned.train.crop, shifted.train.crop) == (0, 1)
    assert (ede.model.surrogate.name, ede.model.threshold.policy) == ("ede", "learned")
    assert learned.model.surrogate.name == "clip"  # the recipe itself has not changed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("methods: {a: {model.depth: 3}}", "methods.a: model.depth is not a key of model"),
        ("methods: {a: {train.epochs: 0}}", "methods.a: train.epochs is 0: must be at least 1"),
        ("methods: {a: {model.threshold.shift: [1, 2, 3]}}", "methods.a: model.threshold.shift"),
        ("methods: {a: {data.name: mnist}}", "key data.name must begin with model. or train."),
        ("methods: {a: {model: {}}}", "the key model must begin with"),
        ("methods: {a: {train.seed: 3}}", "train.seed is no method: list the seeds"),
        ("methods: {a: {model.hidden.x: 3}}", "must lead through sections, hidden is none"),
        ("methods: {a: 3}", "methods.a is 3: must be a mapping"),
        ("methods: {../a: {}}", "must be of letters, digits, spaces and"),
        ("methods: {}", "methods is {}: must have at least 1"),
        ("methods: {a: {}}\nbaseline: b", "baseline is 'b': must be one of the methods a"),
        ("methods: {a: {}}\npairs: [[a, b]]", "pairs has 'b': must be one of the methods a"),
        ("methods: {a: {}, b: {}}\npairs: [[b, b]]", r"pairs has \[b, b\]: must be two methods"),
        ("methods: {a: {}, b: {}}\npairs: [[b, a]]", r"pairs has \[b, a\]: must be two methods"),
        ("methods: {a: {}, b: {}}\npairs: [[a, b]]", r"pairs has \[a, b\]: must be two methods"),
        (
            "methods: {a: {}, b: {}, c: {}}\npairs: [[b, c], [c, b]]",
            r"pairs has \[b, c\]: must be two methods, once",
        ),
        ("methods: {a: {}, b: {}}\npairs: [[b]]", r"pairs\[0\] is \['b'\]: must have at least 2"),
        ("methods: {a: {}}\nmethod: {}", "method is not a key of the file"),
        ("methods: {a: {}}\nname: two words", "name is 'two words': must match"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, message):
    with pytest.raises(HwBnnError, match=message) as refusal:
        load_study(written(tmp_path, text))
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).startswith(str(tmp_path / "tiny.yaml"))


def test_seeds_differ(tmp_path):
    path = written(tmp_path, "methods: {a: {}}")
    path.write_text(path.read_text().replace("[0, 3]", "[3, 3]"))
    with pytest.raises(HwBnnError, match=r"seeds are \[3, 3\]: must differ"):
        load_study(path)


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_study_is_valid(path):
    config = load_study(path)
    assert config.reference == "zero"
    assert len(config.seeds) >= 3


def test_relative_folders_start_at_the_file(tmp_path):
    config = load_study(written(tmp_path, "methods: {a: {}, b: {train.initial: ../first}}"))
    assert config.experiment("b", 3).train.initial == tmp_path.parent.resolve() / "first"
