import io

import pytest
from django.core.management import CommandError, call_command

from campaigns import seed
from campaigns.models import Release, Rule
from recommendations.models import Item
from tests import factories


@pytest.fixture
def seeded(site):
    seed.install(site, factories.TESTER)
    return site


def run(*args, **options) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_reviews_publishes_and_rolls_back(seeded, publisher):
    assert "is new" in run("publish", seeded.write_key, "--review")
    assert not Release.objects.exists()

    assert "Release 1 is live" in run("publish", seeded.pk, "--here", "--user", publisher.username, "--note", "By hand")
    Rule.objects.update(priority=3)
    assert "Release 2 is live" in run("publish", seeded.pk, "--here")
    assert "Release 3 is live" in run("publish", seeded.pk, "--here", "--roll-back", "1")

    first = Release.objects.get(number=1)
    assert (first.published_by, first.note) == (publisher, "By hand")
    assert Release.objects.get(status="live").version == first.version


def test_says_why_it_does_not_publish(seeded):
    with pytest.raises(CommandError, match="no site '0'"):
        run("publish", 0)
    with pytest.raises(CommandError, match="never live"):
        run("publish", seeded.pk, "--roll-back", "9")
    Rule.objects.update(condition={"nonsense": 1})
    with pytest.raises(CommandError, match="nonsense: unknown attribute"):
        run("publish", seeded.pk)


def test_takes_a_catalogue_in(site, tmp_path):
    file = tmp_path / "items.csv"
    file.write_text("key,name,category,price,url\np1,Mug,Kitchen,4.50,/p/1\np2,,Kitchen,4.50,/p/2\n", encoding="utf-8")

    said = run("import_items", site.write_key, str(file))

    assert "1 item added" in said and "Row 2, name: is missing" in said
    assert Item.objects.get().price_minor == 450


def test_says_what_is_wrong_with_a_catalogue_file(site, tmp_path):
    binary = tmp_path / "items.bin"
    binary.write_bytes(b"\xff\xfe\x00")

    headless = tmp_path / "headless.csv"
    headless.write_text("key,name,price\np1,Mug,4.50\n", encoding="utf-8")

    for file in (binary, headless, tmp_path / "absent.csv"):
        with pytest.raises(CommandError, match=file.name):
            run("import_items", site.pk, str(file))
