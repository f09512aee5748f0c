# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import hw_bnn
from hw_bnn.config import load_config

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# In pieces, so that this file does not hold what it looks for.
FORBIDDEN = [r"(^|[^\w.])/(wor" + r"k|roo" + r"t|hom" + r"e)/", r"\.\./shar" + "ed"]


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def pins() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    entries = [line.split("#")[0].strip() for line in lines]
    return {
        canonicalize_name(name): version
        for name, version in (entry.split("==") for entry in entries if entry)
    }


def requirements() -> list[Requirement]:
    return [Requirement(line) for line in PROJECT["dependencies"] + dev_requirements()]


def dev_requirements() -> list[str]:
    return list(PROJECT["optional-dependencies"]["dev"])


@pytest.mark.parametrize("requirement", requirements(), ids=lambda r: r.name)
def test_the_lock_holds_what_the_package_asks_for(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_the_lock_is_closed_but_for_the_one_known_conflict() -> None:
    """Every dependency of a pinned package is pinned to a version that satisfies it."""
    locked = pins()
    wrong = []
    for name in locked:
        if name == "torch":  # installed with its own dependencies
            continue
        for line in importlib.metadata.requires(name) or ():
            wanted = Requirement(line)
            if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
                continue
            version = locked.get(canonicalize_name(wanted.name))
            if version is None or not wanted.specifier.contains(version, prereleases=True):
                wrong.append(f"{name}: {wanted}, locked {version}")
    assert wrong == ["finn-plus: brevitas==0.13.0, locked 0.13.4"]


def test_this_environment_is_the_locked_one() -> None:
    installed = {name: importlib.metadata.version(name).split("+")[0] for name in pins()}
    assert installed == pins()


def test_the_reason_for_the_unresolvable_pins_stands_beside_them() -> None:
    text = (ROOT / "requirements.lock").read_text()
    for name in ("torch", "brevitas"):
        assert re.search(rf"^{name}==\S+  # .*--no-deps", text, re.MULTILINE)


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_machine_of_ours_is_named(pattern: str) -> None:
    found = []
    for file in tracked():
        text = file.read_bytes().decode("utf-8", errors="ignore")
        if file != ROOT / ".ci" / "run" and re.search(pattern, text, re.MULTILINE):
            found.append(file.relative_to(ROOT))
    assert found == []


def test_no_file_is_large() -> None:
    assert [file for file in tracked() if file.stat().st_size > 2 * 2**20] == []


def test_every_source_file_names_its_licence() -> None:
    line = "SPDX-License-Identifier: BSD-3-Clause"
    sources = [f for f in tracked() if f.suffix in {".py", ".sv", ".cpp", ".sh"}]
    assert sources
    assert [f for f in sources if line not in f.read_text()[:200]] == []
    assert "BSD 3-Clause" in (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize(
    "file", sorted((ROOT / "build_configs").glob("*.yaml")), ids=lambda file: file.name
)
def test_every_experiment_is_valid(file: Path) -> None:
    config = load_config(file)
    assert config.name == file.stem
    if config.build is not None and config.build.folding_config_file is not None:
        folding = json.loads(config.build.folding_config_file.read_text())
        assert folding.pop("Defaults") == {}
        convolutions = sum(map(len, getattr(config.model, "channels", ())))
        matrices = [values for name, values in folding.items() if name.startswith("XnorMVAU")]
        assert len(matrices) == convolutions + len(config.model.hidden) + 1
        assert all(set(values) == {"PE", "SIMD"} for values in matrices)


def test_the_documents_name_the_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in ("demo", "test"):
        assert f"make {target}" in readme
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    assert f"## {hw_bnn.__version__}" in (ROOT / "CHANGELOG.md").read_text()
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_links_in_the_documents_lead_somewhere() -> None:
    broken = []
    for document in tracked():
        if document.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
            if "://" not in target and not (document.parent / target).exists():
                broken.append(f"{document.relative_to(ROOT)}: {target}")
    assert broken == []


def test_package_data_is_found() -> None:
    from importlib.resources import files

    assert [e for e in files("hw_bnn").joinpath("rtl").iterdir() if e.name.endswith(".sv")]


@pytest.mark.slow
def test_the_package_resolves_without_the_lock(tmp_path: Path) -> None:
    """What `pip install hw-bnn` chooses in a bare environment; asks the package index."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "v"], check=True)
    report = tmp_path / "report.json"
    pip = [tmp_path / "v/bin/pip", "install", "--dry-run", "--quiet", "--report", report]
    done = subprocess.run([*pip, *PROJECT["dependencies"]], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    chosen = {
        canonicalize_name(entry["metadata"]["name"]): entry["metadata"]["version"]
        for entry in json.loads(report.read_text())["install"]
    }
    assert chosen["brevitas"] == "0.13.0"
    assert chosen["torch"].startswith("2.12.")
