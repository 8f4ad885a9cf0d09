"""The secret key of a site: who sees it, how it is replaced, and what the pages say of it."""

import html
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission

from sites.models import Site
from tests import factories
from tracking.identity import sign
from tracking.models import DropCount

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(client, redis_client):
    client.force_login(factories.make_user("administrator"))
    return client


def form_of(site: Site, **changed) -> dict:
    fields = {
        "name": site.name,
        "domain": site.domain,
        "write_key": site.write_key,
        "secret_key": site.secret_key,
        "verify_users": "on",
        "time_zone": site.time_zone,
        "currency": site.currency,
        "attribution": site.attribution,
        "consent_in_europe": site.consent_in_europe,
        "consent_mode": site.consent_mode,
        "personal_traits": "email",
    }
    return {name: value for name, value in (fields | changed).items() if value is not None}


def change(client, site: Site, **changed):
    """Fills the form of the site as the page shows it, whatever else it carries."""
    page = client.get(f"/admin/sites/site/{site.pk}/change/").content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    hidden.pop("csrfmiddlewaretoken", None)
    answer = client.post(f"/admin/sites/site/{site.pk}/change/", hidden | form_of(site, **changed), follow=True)
    site.refresh_from_db()
    return html.unescape(answer.content.decode())


def test_an_emptied_secret_key_becomes_a_new_one(admin, site):
    before = site.secret_key

    change(admin, site, secret_key="")

    assert site.secret_key.startswith("wsk_")
    assert site.secret_key != before


def test_switching_verification_off_says_what_that_opens(admin, site):
    said = change(admin, site, verify_users=None)

    assert not site.verify_users
    assert "everybody who guesses a userId can read that person's offers" in said


def test_who_may_only_look_does_not_see_the_secret(client, site, redis_client):
    viewer = factories.make_user("viewer")
    viewer.user_permissions.add(Permission.objects.get(codename="view_site"))
    client.force_login(viewer)

    shown = [
        client.get(path).content.decode()
        for path in (f"/admin/sites/site/{site.pk}/change/", "/install/", "/admin/sites/site/")
    ]

    assert site.write_key in shown[0]
    assert [page for page in shown if site.secret_key in page] == []


def test_every_site_has_a_secret_of_its_own(db):
    assert (
        len(
            {
                factories.make_site(write_key=f"wk_{number}", domain=f"s{number}.example").secret_key
                for number in range(3)
            }
        )
        == 3
    )


def test_install_counts_the_sign_ins_without_proof_beside_the_lines_that_sign(client, site):
    DropCount.objects.create(site=site, hour=datetime.now(UTC), reason="unproved_user", count=1234)
    client.force_login(factories.make_user("viewer"))

    page = client.get("/install/").content.decode()

    assert "1,234 sign-ins" in page
    assert "Kept in the last 24 hours, but not whole" in page
    Site.objects.update(verify_users=False)
    assert "Users are not verified: everybody" in client.get("/install/").content.decode()


def snippets(client) -> dict[str, str]:
    client.force_login(factories.make_user("viewer"))
    page = client.get("/install/").content.decode()
    return {
        name: html.unescape(code)
        for name, code in re.findall(r"<summary>(Python|Node|PHP)</summary>\s*<pre[^>]*>(.*?)</pre>", page, re.S)
    }


@pytest.mark.parametrize(
    ("language", "command", "ending"),
    [
        ("Python", [sys.executable, "-c"], "\nprint(user_hash('käthe@mail.example'))"),
        ("Node", ["node", "--input-type=module", "-e"], "\nconsole.log(userHash('käthe@mail.example'))"),
        ("PHP", ["php", "-r"], "\necho user_hash('käthe@mail.example');"),
    ],
)
def test_the_lines_of_the_install_page_sign_what_we_verify(client, site, language, command, ending):
    code = snippets(client)[language]
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} on this machine: its line is NOT tested")

    done = subprocess.run(
        [*command, code + ending],
        env=os.environ | {"SEGUE_SITE_SECRET": site.secret_key},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.strip() == sign(site.secret_key, "käthe@mail.example")
