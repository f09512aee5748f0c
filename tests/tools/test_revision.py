# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from hw_bnn.tools.revision import revision


@pytest.fixture
def checkout(tmp_path):
    if shutil.which("git") is None:
        pytest.skip("needs git")

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    git("init", "-q")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-qm", "first")
    return tmp_path


def test_names_the_commit_and_says_when_files_differ_from_it(checkout):
    clean = revision(checkout / "file")
    assert re.fullmatch("[0-9a-f]{12}", clean)
    (checkout / "untracked").write_text("")
    assert revision(checkout / "file") == clean
    (checkout / "file").write_text("2")
    assert revision(checkout / "file") == f"{clean}+"


def test_there_is_none_outside_of_a_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert revision(tmp_path / "file") is None


def test_there_is_none_for_a_file_that_the_checkout_does_not_track(checkout):
    (checkout / "installed").write_text("")
    assert revision(checkout / "installed") is None
