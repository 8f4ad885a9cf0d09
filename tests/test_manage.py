"""What an operator gets wrong is told by `manage.py` in a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from personalization.embedded.process import free_port

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {"SEGUE_ENV": "production", "SEGUE_SECRET_KEY": "x" * 50}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False)


def shown(expression: str, **variables: str) -> str:
    return manage("shell", "--no-imports", "-c", f"from django.conf import settings; print({expression})", **variables).stdout.strip()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SEGUE_ADDRESS_RATE": "many"}, "SEGUE_ADDRESS_RATE is 'many'; use a whole number"),
        ({"SEGUE_ENV": "production"}, "SEGUE_SECRET_KEY must be set"),
        (PRODUCTION | {"SEGUE_SECRET_KEY": "short"}, "SEGUE_SECRET_KEY needs at least 32 characters"),
        (PRODUCTION, "SEGUE_PUBLIC_URL or SEGUE_ALLOWED_HOSTS must be set"),
    ],
    ids=["number", "secret", "short secret", "hosts"],
)
def test_a_wrong_setting_stops_every_command_with_its_name(variables, message):
    refused = manage("check", **variables)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"Configuration: {message}")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("command", "variable", "address", "store"),
    [
        (("migrate", "--check"), "DATABASE_URL", "postgres://segue@127.0.0.1:{}/segue", "Postgres"),
        (("dead_letters",), "REDIS_URL", "redis://127.0.0.1:{}/0", "Redis"),
    ],
    ids=["postgres", "redis"],
)
def test_a_store_that_is_away_is_named(command, variable, address, store):
    refused = manage(*command, **{variable: address.format(free_port())})

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{store} cannot be reached:")
    assert refused.stderr.rstrip().endswith(f"is {variable} right?")
    assert "Traceback" not in refused.stderr


def test_the_public_address_settles_hosts_origins_and_cookies():
    seen = shown(
        "settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS, settings.SESSION_COOKIE_SECURE", **PRODUCTION, SEGUE_PUBLIC_URL="https://segue.example/"
    )

    assert seen == "['segue.example'] ['https://segue.example'] True"
