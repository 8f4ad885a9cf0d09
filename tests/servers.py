"""Throw-away Postgres and Valkey for this process's tests, started by the first test that needs them.

Loaded as a plugin (`-p tests.servers` in pyproject.toml), ahead of pytest-django: the settings read these addresses
from the environment. Each xdist worker is a process, so each has servers of its own and nothing is shared,
publish/subscribe channels included.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from personalization.embedded import postgres as embedded_postgres
from personalization.embedded import process
from personalization.embedded import valkey as embedded_valkey


class Server:
    """One program that starts on demand and can be killed and started again by a fault test."""

    def __init__(self, program: process.Program, url: str) -> None:
        self.program, self.url = program, url
        self.child: subprocess.Popen | None = None

    @property
    def running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def start(self) -> None:
        if not self.running:
            with (folder / f"{self.program.name}.log").open("ab") as log:
                self.child = process.start(self.program, log)
            process.wait_until_ready(self.program, self.child)

    def stop(self) -> None:
        if self.child:
            process.stop(self.program, self.child)
            self.child = None

    def kill(self) -> None:
        """As a crash would: no signal handler runs."""
        assert self.child, f"{self.program.name} is not running"
        process.kill_group(self.child.pid)
        self.child.wait()


folder = Path(tempfile.mkdtemp(prefix="segue-tests-"))
folder.chmod(0o711)  # as root, Postgres runs as another user and must be able to enter
postgres = Server(*embedded_postgres.program(folder, throw_away=True))
valkey = Server(*embedded_valkey.program(folder))
os.environ |= {"SEGUE_ENV": "test", "SEGUE_VAR": str(folder), "DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}


def pytest_unconfigure() -> None:
    valkey.stop()
    postgres.stop()
    shutil.rmtree(folder, ignore_errors=True)
