"""Which Chromium can the browser tests drive? `python -m tests.chromium` installs one where none is found.

In this order: $CHROME_BIN, Debian's, the npm package @sparticuz/chromium unpacked into the user's cache (no root
needed), apt as root.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

SPARTICUZ = "@sparticuz/chromium@153.0.0"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Chromium(NamedTuple):
    executable: Path
    libraries: Path | None = None  # for LD_LIBRARY_PATH

    def environment(self) -> dict[str, str]:
        return {**os.environ, **({"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {})}


def find() -> Chromium | None:
    if given := os.environ.get("CHROME_BIN"):
        return Chromium(Path(given))
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Chromium(Path(found))
    if (_cache() / "chromium").exists():
        return Chromium(_cache() / "chromium", _cache() / "al2023" / "lib")
    return None


def install() -> Chromium | None:
    """Through apt as root, else through npm where there is one."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            check=False,
            env=quiet,
            stdout=subprocess.DEVNULL,
        )
    if not find() and shutil.which("npm"):
        _install_from_npm()
    return find()


def _install_from_npm() -> None:
    """Unpacked by ourselves: the package's own code uses one folder for all users of the machine."""
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(
            ["npm", "install", "--silent", "--no-save", "--prefix", folder, SPARTICUZ], check=False
        ).returncode:
            return
        packed = Path(folder, "node_modules/@sparticuz/chromium/bin")
        unfinished = _cache().with_name(f"{_cache().name}-{os.getpid()}")
        unfinished.mkdir(parents=True)
        (unfinished / "chromium").write_bytes(_unpack(packed / "chromium.br"))
        (unfinished / "chromium").chmod(0o755)
        with tarfile.open(fileobj=BytesIO(_unpack(packed / "al2023.tar.br"))) as archive:
            archive.extractall(unfinished / "al2023", filter="data")
        unfinished.rename(_cache())


def _unpack(file: Path) -> bytes:
    from playwright._impl._driver import compute_driver_executable  # its Node.js knows Brotli

    script = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(process.argv[1])))"
    return subprocess.run(
        [compute_driver_executable()[0], "-e", script, str(file)], check=True, capture_output=True
    ).stdout


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "segue" / SPARTICUZ.rpartition("@")[2]


def require() -> Chromium:
    """What `find` finds; without one the test is skipped, loudly."""
    import pytest

    found = find()
    if not found:
        pytest.skip("NO CHROMIUM: set CHROME_BIN, or run `python -m tests.chromium`")
    return found


if __name__ == "__main__":
    chromium = find() or install()
    if not chromium:
        sys.stderr.write(
            "NO CHROMIUM: the browser tests will be skipped. Set CHROME_BIN, or install chromium as root.\n"
        )
