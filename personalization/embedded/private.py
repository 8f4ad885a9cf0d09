"""What of an installation is for its own eyes? Its folder, and the secrets that it makes for itself and keeps there."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

OWN_EYES = 0o077  # as a umask: nothing for group and others


def close(folder: Path, mode: int = 0o700) -> None:
    """Makes the folder where it is missing, and shuts others out of it and of the folders in it, which older versions
    left open."""
    folder.mkdir(parents=True, exist_ok=True)
    for inner in folder.iterdir():
        if inner.is_dir() and not inner.is_symlink():
            inner.chmod(inner.stat().st_mode & ~OWN_EYES & 0o7777)
    folder.chmod(mode)


def secret_in(folder: Path, name: str, n_bytes: int = 24) -> str:
    """The secret of this name, made of so many random bytes on first use, for the owner of the folder only. Raises
    OSError.

    Two processes that start at the same time agree: only one can give its file the name.
    """
    file = folder / name
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = folder / f".{name}-{os.getpid()}"
        unfinished.touch(mode=0o600)
        unfinished.write_text(secrets.token_urlsafe(n_bytes))
        with suppress(FileExistsError):
            os.link(unfinished, file)
        unfinished.unlink()
    return file.read_text()
