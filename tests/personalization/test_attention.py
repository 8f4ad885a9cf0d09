"""What needs attention: of marketers on Home, of operators on Health."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns import reviewing, seed
from campaigns.models import AdVariant, Placement, Release, Rule
from campaigns.publish import publish
from personalization import attention
from recommendations.catalogue import import_items
from recommendations.models import Item
from sites.units import counted
from tests import factories
from tests.drafts import review
from tracking import freshness
from tracking.models import DropCount

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def told(site, state=freshness.Freshness(reachable=True)) -> list[str]:  # noqa: B008 - it is frozen
    return [problem.sentence for problem in attention.for_marketers(site, NOW, state, reviewing.look(site))]


def told_to_operators(site, state=freshness.Freshness(reachable=True)) -> list[str]:  # noqa: B008
    return [problem.sentence for problem in attention.for_operators(site, NOW, state)]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (freshness.Freshness(reachable=False), "Figures stand still at the moment"),
        (freshness.Freshness(True, {"store": 40_000}, 3), "Figures are 40 s behind."),
    ],
)
def test_home_says_of_machinery_what_marketers_notice_and_health_says_why(site, state, sentence):
    said, why = told(site, state), told_to_operators(site, state)

    assert said[0].startswith(sentence)
    assert not any(word in " ".join(said) for word in ("Valkey", "log", "manage.py", "dropped", "Storage"))
    assert any(word in why[0] for word in ("Valkey", "Storage"))


def test_a_placement_that_shows_nothing_leads_to_its_own_page(client, site, viewer):
    Placement.objects.create(site=site, key="hero", name="Hero")
    client.force_login(viewer)

    assert 'href="/placements/p/hero/">Choose a default</a>' in " ".join(client.get("/").content.decode().split())


def test_health_tells_of_sign_ins_without_proof_and_counts_no_event_as_dropped_that_was_kept(site):
    for reason in ("unproved_user", "placeholder_id", "unreadable_part"):
        DropCount.objects.create(site=site, hour=NOW - timedelta(hours=1), reason=reason, count=1000)

    said = told_to_operators(site)

    assert "1,000 sign-ins of the day came without proof: other devices do not know these people." in said
    assert not any("were dropped" in sentence for sentence in said)


def test_health_tells_of_a_site_that_does_not_verify_its_users(site):
    site.verify_users = False

    assert any(
        sentence.startswith("Users are not verified: everybody who guesses a userId")
        for sentence in told_to_operators(site)
    )


def about_the_draft(site) -> list[str]:
    return [sentence for sentence in told(site) if "publish" in sentence]


@pytest.mark.parametrize(
    "edit",
    [
        lambda: None,
        lambda: Rule.objects.first().delete(),
        lambda: Rule.objects.update(priority=3),
        lambda: Rule.objects.first().save(),
        lambda: Placement.objects.filter(key="home-hero").update(enabled=False),
        lambda: Item.objects.update(available=False),
        lambda: AdVariant.objects.update(background="none"),
    ],
    ids=["nothing", "a deletion", "priorities", "a save without a change", "a placement", "the catalogue", "errors"],
)
def test_home_says_of_the_draft_what_a_review_says(site, publisher, edit, django_capture_on_commit_callbacks):
    """A4: Home counted rows by the date of their last change, and so missed what has none and what is gone."""
    seed.install(site, factories.TESTER)
    import_items(site, [{"key": "p", "name": "P", "category": "C", "url": "/p", "price_minor": 1}])
    with django_capture_on_commit_callbacks(execute=True):
        publish(site, publisher)

    edit()

    found = review(site)
    expected = []
    if found.errors:
        expected = [f"The draft cannot be published: {counted(found.errors, 'things')} to mend."]
    elif found.changes:
        expected = [f"{counted(len(found.changes), 'changes')} not published yet."]
    assert about_the_draft(site) == expected


def test_home_tells_of_a_draft_that_was_never_published(site):
    assert about_the_draft(site) == ["Nothing has been published: every placement stays empty."]
    Placement.objects.create(site=site, key="hero", name="Hero")
    AdVariant.objects.create(site=site, key="v", name="V", slot="viewed")
    Placement.objects.update(default_variant=AdVariant.objects.get())

    assert about_the_draft(site) == [
        "Nothing has been published: every placement stays empty.",
        f"The draft cannot be published: {counted(review(site).errors, 'things')} to mend.",
    ]


def test_home_is_silent_about_what_is_on_its_way(site, publisher, django_capture_on_commit_callbacks):
    seed.install(site, factories.TESTER)
    with django_capture_on_commit_callbacks(execute=True):
        publish(site, publisher)
    Rule.objects.update(priority=3)
    publish(site, publisher)  # its task waits for the commit

    assert about_the_draft(site) == []

    Release.objects.filter(number=2).update(status="failed")
    assert len(about_the_draft(site)) == 1
