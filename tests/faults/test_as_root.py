"""Started by root, Segue runs as a user of its own (security finding C8)."""

import os
import sys
from pathlib import Path

import pytest

from personalization.embedded import accounts
from tests.running import ROOT, Segue

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can start it for another user"),
]


def user_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


PACKAGES = str(Path(pytest.__file__).parent.parent)


@pytest.fixture(scope="module")
def python() -> str:
    """An interpreter that another user can run: ours, or one of the same version with our packages."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", PACKAGES)
            patch.setattr(sys, "executable", candidate)
            if not accounts.why_not(accounts.system_user(), ROOT / "manage.py", Path("/tmp/segue"), []):
                return candidate
    pytest.skip("NO PYTHON THAT OTHER USERS CAN RUN: what root starts was not tried")


@pytest.fixture(scope="module")
def segue(python):
    segue = Segue(PYTHONPATH=PACKAGES)
    segue.python = python
    with segue:
        yield segue


def test_nothing_that_strangers_reach_runs_as_root(segue):
    user = accounts.system_user().uid
    everyone = [segue.supervisor.pid, *segue.state["processes"].values()]

    assert {user_of(pid) for pid in everyone} == {user}
    assert segue.var.stat().st_uid == user
    assert segue.var.stat().st_mode & 0o777 == 0o700
    assert segue.get("/health/live")[0] == 200


def test_what_it_left_behind_is_found_by_the_next_start_and_by_commands_of_root(segue):
    made = (
        "from tracking.models import Site; Site.objects.create(name='Kept', domain='kept.example', write_key='wk_kept')"
    )
    segue.manage("shell", "--no-imports", "-c", made)
    segue.stop()
    segue.start()

    counted = segue.manage(
        "shell", "--no-imports", "-c", "from tracking.models import Site; print(Site.objects.count())"
    )
    assert counted.strip() == "1"
