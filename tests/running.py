"""A whole Segue as users start it, in a folder of its own, for tests that reach it over HTTP or kill parts of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from personalization.embedded import process, run_file

ROOT = Path(__file__).resolve().parent.parent


def wait_until(claim: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class Segue:
    """`manage.py up` on a free port. A context manager; `base_url` answers inside."""

    def __init__(self, *options: str, port: int | None = None, **environment: str) -> None:
        self.options = options or ("--web-workers", "1", "--no-worker")
        self.environment = environment
        self.python = sys.executable
        self.port = port or process.free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.var = Path(tempfile.mkdtemp(prefix="segue-running-"))
        self.var.chmod(0o711)  # as root, Postgres runs as another user and must be able to enter
        self.log = self.var / "up.log"
        self.supervisor: subprocess.Popen | None = None

    def __enter__(self) -> "Segue":
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stop()
        shutil.rmtree(self.var, ignore_errors=True)

    @property
    def state(self) -> dict:
        """What `run.json` says: database_url, redis_url, processes."""
        return run_file.read(self.var)

    def environ(self) -> dict[str, str]:
        """For a command that is to reach this Segue: no address is given, run.json has them."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL", "PYTHONUNBUFFERED")
        }
        return kept | {"SEGUE_VAR": str(self.var), "SEGUE_ENV": "test"} | self.environment

    def start(self, seconds: float = 180) -> None:
        self.log.touch()
        self._started_at = self.log.stat().st_size
        with self.log.open("ab") as log:
            self.supervisor = subprocess.Popen(
                [self.python, "manage.py", "up", "--port", str(self.port), *self.options],
                cwd=ROOT,
                env=self.environ(),
                stdout=log,
                stderr=log,
            )
        self.wait_for(lambda: "Segue runs at" in self.printed(), seconds)

    def wait_for(self, condition, seconds: float = 60):
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            assert self.supervisor and self.supervisor.poll() is None, f"Segue ended:\n{self.printed()[-3000:]}"
            assert time.monotonic() < deadline, f"did not happen within {seconds} s:\n{self.printed()[-3000:]}"
            time.sleep(0.02)
        return result

    def printed(self) -> str:
        """Since the last start."""
        return self.log.read_bytes()[self._started_at :].decode(errors="replace")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """The supervisor's exit code."""
        assert self.supervisor
        if self.supervisor.poll() is None:
            self.supervisor.send_signal(number)
        return self.supervisor.wait(60)

    def kill(self, name: str) -> int:
        """`kill -9` of one process that the supervisor started; returns its id."""
        pid = self.state["processes"][name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`manage.py ...` in another shell."""
        return subprocess.run(
            [self.python, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environ(),
            capture_output=True,
            text=True,
            check=False,
        )

    def manage(self, *arguments: str) -> str:
        """What a command that works prints."""
        done = self.command(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, path: str) -> tuple[int, bytes]:
        with urllib.request.urlopen(self.base_url + path, timeout=10) as answer:
            return answer.status, answer.read()

    def post(self, path: str, body: dict) -> tuple[int, dict]:
        request = urllib.request.Request(
            self.base_url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")
