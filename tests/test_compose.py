"""Does compose.yaml ask for every secret, and open no port to strangers? Read as it stands; no engine is needed."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "compose.yaml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]


@pytest.mark.parametrize("name", ["SEGUE_SECRET_KEY", "POSTGRES_PASSWORD", "VALKEY_PASSWORD"])
def test_a_secret_has_no_default(name):
    """Security finding C13: Postgres had the password `segue`, Valkey none."""
    uses = re.findall(rf"\$\{{{name}(.*?)\}}", TEXT)

    assert uses
    assert all(use.startswith(":?") for use in uses)


def test_only_this_machine_is_served_unless_somebody_says_so():
    """C13: the port stood open on 0.0.0.0, over http and past the firewall."""
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert ports == {"web": ["${LISTEN:-127.0.0.1}:${PORT:-8000}:8000"]}


def test_no_password_stands_on_a_command_line():
    assert not [name for name, service in SERVICES.items() if "PASSWORD" in str(service.get("command"))]


def test_what_installs_the_packages_is_checked_by_its_hash():
    """C13: uv came by its version alone, and everything else by uv."""
    for file in ("Makefile", "Dockerfile"):
        text = (ROOT / file).read_text()

        assert "--require-hashes -r requirements-uv.txt" in text
        assert not re.search(r"\buv==", text)
