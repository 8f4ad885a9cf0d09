"""Where root starts Segue, a folder belongs to a user of its own, and what that user cannot do is told."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

from personalization.embedded import accounts
from personalization.embedded.process import Account

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands anything over")
NOBODY = Account.of_name("nobody")
# Which of our own folders it may enter depends on the machine; these it may.
SHELL = Path("/bin/sh")


@pytest.fixture
def folder(tmp_path):
    for path in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()) in path.parents:
            path.chmod(0o755)
    (tmp_path / "var" / "pg18").mkdir(parents=True)
    (tmp_path / "var" / "pg18" / "data").touch()
    (tmp_path / "outside").touch()
    (tmp_path / "var" / "link").symlink_to(tmp_path / "outside")
    return tmp_path / "var"


def owners(folder) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def test_all_of_a_folder_is_handed_over_and_nothing_that_it_links_to(folder):
    accounts.hand_over(folder, NOBODY)

    assert owners(folder) == {NOBODY.uid}
    assert (folder.parent / "outside").stat().st_uid == 0
    assert accounts.owner_of(folder) == NOBODY


def test_a_folder_is_handed_over_once(folder):
    """Its owner could have put links to files of others there, which must not become the owner's."""
    accounts.hand_over(folder, NOBODY)
    os.chown(folder / "pg18" / "data", 0, 0)
    accounts.hand_over(folder, NOBODY)

    assert (folder / "pg18" / "data").stat().st_uid == 0


def test_a_folder_of_root_belongs_to_nobody_else(folder):
    assert accounts.owner_of(folder) is None
    assert accounts.owner_of(folder / "missing") is None


@pytest.fixture
def program(folder, monkeypatch):
    """One that anybody may run."""
    monkeypatch.setattr(sys, "executable", str(SHELL))
    program = folder.parent / "program"
    program.write_text("exit 0")
    program.chmod(0o644)
    return program


def test_what_keeps_the_user_from_running_it_is_told(folder, program):
    closed = folder.parent / "archive"
    closed.mkdir(mode=0o755)
    reasons = [
        accounts.why_not(NOBODY, program, folder, [folder / "pg18"]),
        accounts.why_not(NOBODY, program, folder, [closed]),
    ]
    folder.parent.chmod(0o700)
    reasons.append(accounts.why_not(NOBODY, program, folder, []))

    assert reasons == ["", f"nobody cannot write to {closed}", f"nobody cannot run {SHELL} {program}"]


def test_a_folder_below_one_that_only_root_enters_is_told(folder, program, tmp_path):
    hidden = tmp_path / "hidden" / "var"
    hidden.mkdir(parents=True)
    hidden.parent.chmod(0o700)

    assert accounts.why_not(NOBODY, program, hidden, []) == f"nobody cannot enter {hidden.parent}"
