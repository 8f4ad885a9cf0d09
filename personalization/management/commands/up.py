"""Everything that one machine needs, under one supervisor: Postgres, Valkey, web, consumer, worker and beat."""

import errno
import fcntl
import http.client
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from signal import SIGKILL
from typing import Any

from django.conf import settings
from django.core.management import CommandParser, call_command
from django.core.management.base import BaseCommand, CommandError

from personalization.demo import people
from personalization.embedded import accounts, postgres, private, run_file, valkey
from personalization.embedded.process import EmbeddedError, Program
from personalization.embedded.supervisor import StopRequested, Supervisor
from personalization.management.listening import check_host
from sites.management.arguments import whole

# Those who take work in end first, those who keep it last.
STOP_ORDER = ("visitors", "web", "consumer", "worker", "beat", "valkey", "postgres")
# Where everything runs as root, `up` has said so.
QUIET = "ignore:You're running the worker with superuser"
COLOURS = {"segue": 1, "postgres": 34, "valkey": 31, "web": 32, "consumer": 36, "worker": 35, "beat": 90}
COLOURS |= dict.fromkeys(("static", "migrate", "demo", "visitors"), 33)


class Command(BaseCommand):
    help = "Run Segue on this machine; with embedded Postgres and Valkey unless DATABASE_URL and REDIS_URL are set."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument(
            "--port", type=whole(1, 65535), default=8000, help="port of the pages and the API (default: 8000)"
        )
        parser.add_argument(
            "--web-workers", type=whole(1), default=os.cpu_count(), help="web processes (default: one per core)"
        )
        parser.add_argument("--no-worker", action="store_true", help="without Celery's worker and beat")
        parser.add_argument("--demo", action="store_true", help="with the demo shop and simulated visitors")
        parser.add_argument("--no-visitors", action="store_true", help="the demo shop without simulated visitors")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["demo"] and settings.PRODUCTION:
            raise CommandError(
                "The demo gives strangers a shop and a login; it does not run with SEGUE_ENV=production."
            )
        if os.geteuid() == 0:
            self._step_down()
        supervisor = Supervisor(self._write, STOP_ORDER, partial(_record, options))
        supervisor.listen_to_signals()
        with _hold_folder(settings.VAR_DIR):
            _check_port(options["host"], options["port"])
            check_host(options["host"])
            try:
                self._run(supervisor, options)
            except StopRequested:
                self._write("segue", "stopping")
            except EmbeddedError as error:
                raise CommandError(str(error)) from None
            finally:
                supervisor.stop()
                run_file.remove(settings.VAR_DIR)

    def _step_down(self) -> None:
        """Root starts this command again as a user of its own; or goes on, and says why."""
        var, program = settings.VAR_DIR, settings.BASE_DIR / "manage.py"
        try:
            account = accounts.owner_of(var) or accounts.system_user()
        except EmbeddedError as error:
            self._write("segue", f"everything but Postgres runs as root: {error}")
            return
        if reason := accounts.why_not(
            account, program, var, filter(Path.exists, (settings.ARCHIVE_DIR, settings.ARTIFACT_DIR))
        ):
            self._write("segue", f"everything but Postgres runs as root: {reason}")
            return
        if settings.STATIC_ROOT:  # beside the source, which only root may write
            call_command("collectstatic", skip_checks=True, interactive=False, verbosity=0)
        with _hold_folder(var):
            accounts.hand_over(var, account)
        accounts.become(account, home=var)

    def _run(self, supervisor: Supervisor, options: dict[str, Any]) -> None:
        if options["demo"]:
            os.environ["SEGUE_DEMO"] = "1"
            os.environ.setdefault("SEGUE_LOG_LEVEL", "WARNING")  # or the addresses would scroll away
        self._start_stores(supervisor)
        if settings.STATIC_ROOT:
            supervisor.start(_manage("static", "collectstatic", "--skip-checks", "--no-input", "--verbosity", "0"))
            supervisor.finish("static")
        # The web server imports while the tables are made; nothing says that it is there before both are done.
        supervisor.start(
            _manage("migrate", "migrate", "--skip-checks", "--no-input", "--verbosity", "0"), _web(options)
        )
        supervisor.finish("migrate")
        supervisor.start(_manage("consumer", "consume"))
        if options["demo"]:
            supervisor.start(_manage("demo", "demo", "--verbosity", "0", "--url", _url(options)))
            supervisor.finish("demo")
            if not options["no_visitors"]:  # at once: their past takes longer than anything else here
                supervisor.start(_manage("visitors", "simulate", "--url", _url(options)))
        supervisor.wait_until_ready("web")
        self._say(_welcome(options, people.logins()))
        if not options["no_worker"]:
            supervisor.start(*_background())
        supervisor.watch()

    def _start_stores(self, supervisor: Supervisor) -> None:
        """Those that are not given. Their addresses reach the children, and `run.json`, through the environment."""
        stores = []
        if settings.EMBEDDED_VALKEY:
            server, os.environ["REDIS_URL"] = valkey.program(settings.VAR_DIR)
            stores.append(server)
        if settings.EMBEDDED_POSTGRES:
            server, os.environ["DATABASE_URL"] = postgres.program(settings.VAR_DIR)
            stores.append(server)
        supervisor.start(*stores)
        supervisor.wait_until_ready(*(server.name for server in stores))

    def _write(self, name: str, line: str) -> None:
        label = f"{name:8} |"
        if self.stdout.isatty():
            label = f"\x1b[{COLOURS.get(name, 0)}m{label}\x1b[0m"
        self._say(f"{label} {line}")

    def _say(self, text: str) -> None:
        """At once, though a file or a pipe may be reading."""
        self.stdout.write(text)
        self.stdout.flush()


def _python(name: str, *arguments: str, **fields: Any) -> Program:
    """A process of ours. It may be killed at any time, so it does not outlive the supervisor by a moment."""
    return Program(
        name,
        (sys.executable, *arguments),
        {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": QUIET},
        death_signal=SIGKILL,
        **fields,
    )


def _manage(name: str, command: str, *arguments: str, **fields: Any) -> Program:
    return _python(name, str(settings.BASE_DIR / "manage.py"), command, *arguments, **fields)


def _web(options: dict[str, Any]) -> Program:
    arguments = (
        "web",
        "--host",
        options["host"],
        "--port",
        str(options["port"]),
        "--workers",
        str(options["web_workers"]),
    )
    # It is ready once it knows the sites, of which a consumer tells that starts beside it.
    return _manage("web", *arguments, is_ready=partial(_answers, options["host"], options["port"]), start_seconds=120)


def _background() -> list[Program]:
    celery = ("-m", "celery", "--quiet", "--app", "personalization.celery")
    level = ("--loglevel", os.environ.get("SEGUE_LOG_LEVEL") or settings.LOG_LEVEL)
    worker = ("worker", "--concurrency", "1", "--without-gossip", "--without-mingle", *level, "--queues")
    beat = ("beat", "--schedule", str(settings.VAR_DIR / "beat-schedule"), "--pidfile", "", *level)
    return [
        _python("worker", *celery, *worker, "celery", "--hostname", "quick@%h"),
        _python("worker-long", *celery, *worker, "long", "--hostname", "long@%h"),
        _python("beat", *celery, *beat),
    ]


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(_reachable_host(host), port, timeout=1)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable_host(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104


def _url(options: dict[str, Any]) -> str:
    return f"http://{_reachable_host(options['host'])}:{options['port']}"


@contextmanager
def _hold_folder(var: Path) -> Iterator[None]:
    """One Segue per folder: the kernel holds the lock, so a killed one leaves none."""
    # As root, Postgres runs as another user and must be able to pass.
    private.close(var, 0o711 if os.geteuid() == 0 else 0o700)
    with (var / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running = run_file.read(var)
            where = f" at {running['url']} (process {running['supervisor']})" if running else ""
            raise CommandError(
                f"Segue runs from {var} already{where}. Stop that one, or set SEGUE_VAR to another folder."
            ) from None
        yield


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        hint = ""
        if error.errno == errno.EACCES:
            hint = " Ports below 1024 are root's; Segue runs as a user of its own, behind a proxy that has the port."
        if error.errno == errno.EADDRINUSE:
            hint = (
                f" Stop what listens there, or choose another port: make run PORT={port + 1}, or manage.py up --port"
                f" {port + 1}."
            )
        raise CommandError(f"Port {port} of {host} cannot be used: {error.strerror}.{hint}") from None


def _record(options: dict[str, Any], pids: dict[str, int]) -> None:
    state = {
        "url": _url(options),
        "database_url": os.environ.get("DATABASE_URL"),
        "redis_url": os.environ.get("REDIS_URL"),
        "processes": pids,
    }
    run_file.write(settings.VAR_DIR, state)


def _shell_name(path: str) -> str:
    """As it is typed in this folder."""
    return os.path.relpath(path) if Path(path).is_relative_to(Path.cwd()) else path


def _welcome(options: dict[str, Any], logins: list[str]) -> str:
    url = _url(options)
    lines = [f"Segue runs at {url}", ""]
    if options["demo"]:
        lines += [f"  Demo shop      {url}/demo/", f"  For marketers  {url}/", ""]
        lines += [f"  Log in as      {login}" for login in logins]
        lines += ["", "  Simulated visitors arrive now; they are labelled as such."]
    else:
        lines += [
            f"  Pages          {url}/",
            f"  First login    {_shell_name(sys.executable)} manage.py createsuperuser, in another terminal",
        ]
    lines += [f"  API            {url}/api/docs/", "", "Stop everything with Ctrl-C."]
    return "\n".join(["", *(f"  {line}" for line in lines), ""])
