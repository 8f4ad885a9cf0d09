"""The demo's people have passwords of their own, and go when the demo goes."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from personalization.demo import people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path, valkey_server):
    settings.VAR_DIR = tmp_path


def test_everybody_logs_in_with_the_password_that_is_printed(client):
    people.let_in()

    logins = [line.replace(",", "").split() for line in people.logins()]
    assert {name: role for name, role, *_ in logins} == {name: f"({role})" for role, name in people.PEOPLE.items()}
    assert len({password for *_, password in logins}) == len(people.PEOPLE)
    assert all(client.login(username=name, password=password) for name, *_, password in logins)


def test_passwords_stay_through_a_second_start_and_are_for_the_owner_only(tmp_path):
    people.let_in()
    before, hashes = people.logins(), list(User.objects.values_list("password", flat=True).order_by("pk"))
    people.let_in()

    assert people.logins() == before
    assert (
        list(User.objects.values_list("password", flat=True).order_by("pk")) == hashes
    )  # or everybody would be logged out
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "demo-passwords").iterdir()} == {0o600}


def test_the_published_password_of_older_versions_opens_nothing_any_more(client):
    """Security finding A5."""
    User.objects.create_superuser("ada", "ada@administrator.example", "segue-demo")
    people.let_in()

    assert not client.login(username="ada", password="segue-demo")
    assert client.login(username="ada", password=people.password_of("ada"))


def test_without_the_demo_its_people_are_shut_out_loudly(client, capsys):
    """Security finding A5: ada opened /admin/auth/user/ after the demo had ended."""
    people.let_in()
    client.force_login(User.objects.get(username="ada"))
    call_command("migrate", verbosity=0)

    assert not User.objects.filter(username__in=people.PEOPLE.values(), is_active=True).exists()
    assert "The demo is off: " in capsys.readouterr().err
    assert client.get("/admin/auth/user/").status_code == 302


def test_the_next_demo_lets_them_in_again(client, settings, capsys):
    people.let_in()
    people.shut_out()
    settings.DEMO = True
    people.let_in()
    call_command("migrate", verbosity=0)

    assert client.login(username="vera", password=people.password_of("vera"))


def test_somebody_of_the_same_name_is_left_alone(client, capsys):
    User.objects.create_user("ada", "ada@shop.example", "a password of her own", is_staff=True)
    people.let_in()
    people.shut_out()

    assert client.login(username="ada", password="a password of her own")
    assert not any(line.startswith("ada") for line in people.logins())
