"""What an operator gets wrong is told by `manage.py` in a sentence."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from django.core.management import CommandError, get_commands
from django.utils.functional import empty

import manage as command_line
import personalization
from personalization.embedded.process import free_port
from personalization.management.listening import check_host

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {"SEGUE_ENV": "production", "SEGUE_SECRET_KEY": "x" * 50}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """A process, which takes seconds: for what only a process shows."""
    command = [sys.executable, "manage.py", *arguments]
    # A server that should have been refused would never end.
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def umask():
    """The usual one; what `main` sets does not outlive the test."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def forgotten_settings(monkeypatch, umask):
    """As in a new process: whoever asks for a setting has the environment read."""
    monkeypatch.setattr(settings, "_wrapped", empty)
    monkeypatch.setattr(personalization, "settings", personalization.settings)
    monkeypatch.delitem(sys.modules, "personalization.settings")
    get_commands.cache_clear()
    yield monkeypatch
    get_commands.cache_clear()  # without settings it knows Django's alone


@pytest.fixture
def refusal(forgotten_settings) -> Callable[..., str]:
    """What a command that does not come to run tells whoever typed it."""

    def refused(*arguments: str, **variables: str) -> str:
        for name, value in variables.items():
            forgotten_settings.setenv(name, value)
        forgotten_settings.setattr(sys, "argv", ["manage.py", *arguments])
        with pytest.raises(SystemExit) as end:
            command_line.main()
        assert isinstance(end.value.code, str)  # which is printed, and 1 is the code
        return end.value.code

    return refused


@pytest.fixture
def settings_of(forgotten_settings) -> Callable[..., ModuleType]:
    """The settings that a process with these variables has."""

    def read(**variables: str) -> ModuleType:
        for name, value in variables.items():
            forgotten_settings.setenv(name, value)
        sys.modules.pop("personalization.settings", None)
        return importlib.import_module("personalization.settings")

    return read


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
def test_a_wrong_setting_stops_every_command_with_its_name(refusal, capsys, variables, message):
    told = refusal("check", **variables)

    assert told.startswith(f"Configuration: {message}")
    assert "Traceback" not in told
    assert capsys.readouterr() == ("", "")


def test_what_is_wrong_is_told_on_standard_error_and_by_the_code():
    refused = manage("check", SEGUE_ADDRESS_RATE="many")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Configuration: SEGUE_ADDRESS_RATE is 'many'; use a whole number")
    assert "Traceback" not in refused.stderr


def test_a_database_that_is_away_is_named():
    refused = manage("migrate", "--check", DATABASE_URL=f"postgres://segue@127.0.0.1:{free_port()}/segue")

    assert refused.returncode == 1
    assert refused.stderr.startswith("Postgres cannot be reached:")
    assert refused.stderr.rstrip().endswith("is DATABASE_URL right?")
    assert "Traceback" not in refused.stderr


def test_a_log_that_is_away_is_named(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"

    with pytest.raises(SystemExit) as refused:
        command_line.run(["manage.py", "dead_letters", "--skip-checks"])

    told = str(refused.value.code)
    assert told.startswith("Redis cannot be reached:")
    assert told.endswith("is REDIS_URL right?")
    assert "Traceback" not in told


def test_the_public_address_settles_hosts_origins_and_cookies(settings_of):
    seen = settings_of(**PRODUCTION, SEGUE_PUBLIC_URL="https://segue.example/")

    assert seen.ALLOWED_HOSTS == ["segue.example"]
    assert seen.CSRF_TRUSTED_ORIGINS == ["https://segue.example"]
    assert seen.SESSION_COOKIE_SECURE is True


def test_each_installation_signs_with_a_random_key_of_its_own(settings_of, tmp_path):
    """Security finding B8: the key stood in the source, and signed what strangers may present."""
    keys = [settings_of(SEGUE_VAR=str(tmp_path / name)).SECRET_KEY for name in ("one", "one", "other")]

    assert keys[0] == keys[1] != keys[2]
    assert len(keys[0]) >= 50
    assert (tmp_path / "one" / "secret-key").stat().st_mode & 0o777 == 0o600


def test_without_a_folder_for_it_a_key_must_be_given(refusal, tmp_path):
    (tmp_path / "file").touch()

    told = refusal("check", SEGUE_VAR=str(tmp_path / "file"))

    assert told.startswith("Configuration: SEGUE_SECRET_KEY is not set, and none can be kept in SEGUE_VAR")


@pytest.mark.parametrize(("command", "host"), [("up", "0.0.0.0"), ("web", "::")])
def test_other_machines_are_served_only_with_a_key_of_ones_own(tmp_path, command, host):
    """B8."""
    refused = manage(command, "--host", host, "--port", str(free_port()), SEGUE_VAR=str(tmp_path))

    assert refused.returncode == 1
    assert "set SEGUE_SECRET_KEY" in refused.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_that_other_machines_reach_needs_a_key_of_ones_own(settings, host):
    """B8: what both commands ask before they listen."""
    settings.HAS_OWN_KEY = True
    check_host(host)

    settings.HAS_OWN_KEY = False
    with pytest.raises(CommandError, match="set SEGUE_SECRET_KEY"):
        check_host(host)


def test_the_demo_does_not_run_in_production(tmp_path):
    refused = manage("up", "--demo", **PRODUCTION, SEGUE_PUBLIC_URL="https://segue.example", SEGUE_VAR=str(tmp_path))

    assert refused.returncode == 1
    assert "does not run with SEGUE_ENV=production" in refused.stderr


def test_what_a_command_writes_is_for_its_owner_only(monkeypatch, umask, tmp_path):
    """B7: snapshots with the sites' salts could be read by every user of the machine."""
    file = tmp_path / "written"
    written = f"from pathlib import Path; Path({str(file)!r}).write_text('salt')"
    monkeypatch.setattr(sys, "argv", ["manage.py", "shell", "--no-imports", "-c", written])

    command_line.main()

    assert file.stat().st_mode & 0o777 == 0o600
