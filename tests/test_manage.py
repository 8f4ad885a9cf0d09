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
    command = [sys.executable, "manage.py", *arguments]
    # A server that should have been refused would never end.
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=120
    )


def shown(expression: str, **variables: str) -> str:
    return manage(
        "shell", "--no-imports", "-c", f"from django.conf import settings; print({expression})", **variables
    ).stdout.strip()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SEGUE_ADDRESS_RATE": "many"}, "SEGUE_ADDRESS_RATE is 'many'; use a whole number"),
        ({"SEGUE_ENV": "production"}, "SEGUE_SECRET_KEY must be set"),
        (PRODUCTION | {"SEGUE_SECRET_KEY": "short"}, "SEGUE_SECRET_KEY needs at least 32 characters"),
        (PRODUCTION, "SEGUE_PUBLIC_URL or SEGUE_ALLOWED_HOSTS must be set"),
        (PRODUCTION | {"SEGUE_ALLOWED_HOSTS": "*"}, "SEGUE_ALLOWED_HOSTS may not be *"),
        (PRODUCTION | {"SEGUE_DEMO": "1"}, "SEGUE_DEMO must be off when SEGUE_ENV=production"),
        (PRODUCTION | {"SEGUE_DEBUG": "1"}, "SEGUE_DEBUG must be off when SEGUE_ENV=production"),
    ],
    ids=["number", "secret", "short secret", "hosts", "any host", "demo", "debug"],
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
        "settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS, settings.SESSION_COOKIE_SECURE",
        **PRODUCTION,
        SEGUE_PUBLIC_URL="https://segue.example/",
    )

    assert seen == "['segue.example'] ['https://segue.example'] True"


def test_each_installation_signs_with_a_random_key_of_its_own(tmp_path):
    """Security finding B8: the key stood in the source, and signed what strangers may present."""
    keys = [shown("settings.SECRET_KEY", SEGUE_VAR=str(tmp_path / name)) for name in ("one", "one", "other")]

    assert keys[0] == keys[1] != keys[2]
    assert len(keys[0]) >= 50
    assert (tmp_path / "one" / "secret-key").stat().st_mode & 0o777 == 0o600


def test_without_a_folder_for_it_a_key_must_be_given(tmp_path):
    (tmp_path / "file").touch()

    refused = manage("check", SEGUE_VAR=str(tmp_path / "file"))

    assert refused.returncode == 1
    assert refused.stderr.startswith("Configuration: SEGUE_SECRET_KEY is not set, and none can be kept in SEGUE_VAR")


@pytest.mark.parametrize("command", ["up", "web"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_other_machines_are_served_only_with_a_key_of_ones_own(tmp_path, command, host):
    """B8."""
    refused = manage(command, "--host", host, "--port", str(free_port()), SEGUE_VAR=str(tmp_path))

    assert refused.returncode == 1
    assert "set SEGUE_SECRET_KEY" in refused.stderr


def test_the_demo_does_not_run_in_production(tmp_path):
    refused = manage("up", "--demo", **PRODUCTION, SEGUE_PUBLIC_URL="https://segue.example", SEGUE_VAR=str(tmp_path))

    assert refused.returncode == 1
    assert "does not run with SEGUE_ENV=production" in refused.stderr


def test_what_a_command_writes_is_for_its_owner_only(tmp_path):
    """B7: snapshots with the sites' salts could be read by every user of the machine."""
    file = tmp_path / "written"
    manage("shell", "--no-imports", "-c", f"from pathlib import Path; Path({str(file)!r}).write_text('salt')")

    assert file.stat().st_mode & 0o777 == 0o600
