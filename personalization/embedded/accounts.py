"""As whom does Segue run where root starts it? As the owner of its folder: a system user of its own, who owns nothing
else, unless it is somebody's."""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from .process import Account, EmbeddedError

NAME = "segue"


def system_user() -> Account:
    """Made where it is missing. Raises EmbeddedError."""
    try:
        return Account.of_name(NAME)
    except KeyError:
        pass
    try:
        made = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise EmbeddedError(f"there is no user {NAME}, and no useradd to make it") from None
    try:
        return Account.of_name(NAME)  # perhaps another process made it meanwhile
    except KeyError:
        raise EmbeddedError(f"the user {NAME} cannot be made: {made.stderr.strip()}") from None


def owner_of(var: Path) -> Account | None:
    """Whom the folder belongs to, if not to root."""
    if not var.exists() or not (uid := var.stat().st_uid):
        return None
    try:
        return Account.of_name(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return None


def why_not(account: Account, program: Path, var: Path, others: Iterable[Path]) -> str:
    """What keeps the account from running a Python program whose files lie in `var` and in other folders that exist;
    empty: nothing does."""
    if not _succeeds(account, [sys.executable, str(program), "--version"]):
        return f"{account.name} cannot run {sys.executable} {program}"
    if not _succeeds(account, ["test", "-x", str(var.parent)]):
        return f"{account.name} cannot enter {var.parent}"
    for folder in others:
        if not folder.is_relative_to(var) and not _succeeds(account, ["test", "-w", str(folder)]):
            return f"{account.name} cannot write to {folder}"
    return ""


def hand_over(folder: Path, account: Account) -> None:
    """Gives the folder and all in it to the account, once. Later it belongs to the account, which may put there what
    root must not touch."""
    if folder.stat().st_uid == account.uid:
        return
    for path in (*folder.rglob("*"), folder):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def become(account: Account, home: Path) -> None:
    """Starts this command again as the account, in this process; does not return. Everything that it starts can do no
    more than it."""
    os.initgroups(account.name, account.gid)
    os.setgid(account.gid)
    os.setuid(account.uid)
    os.environ |= {"HOME": str(home), "USER": account.name, "LOGNAME": account.name}
    os.execv(sys.executable, [sys.executable, *sys.argv])


def _succeeds(account: Account, command: list[str]) -> bool:
    try:
        done = subprocess.run(
            command, user=account.uid, group=account.gid, extra_groups=[], capture_output=True, check=False
        )
    except OSError:  # it may not even be executed
        return False
    return done.returncode == 0
