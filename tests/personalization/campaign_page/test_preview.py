"""What a visitor would see of a campaign at a moment, decided from the draft."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from django.utils import timezone

from campaigns import kept_releases
from campaigns.models import AdVariant, Campaign, Placement, Release, Rule
from campaigns.publish import publish, stop
from personalization.campaign_page import preview
from personalization.campaign_page.preview import Visit
from personalization.decide import decide
from personalization.models import Decision
from personalization.situation import Situation
from segments.profile import Profile
from sites.local_time import local
from sites.times import ms_of
from tests.events import START, event, folded, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]
FRIDAY = datetime(2030, 11, 29, 8, 0, tzinfo=UTC)  # 09:00 in Berlin


@pytest.fixture
def friday(spring):
    """Its coupon, for whoever is on a phone, begins on Friday at nine in Berlin."""
    spring.site.time_zone = "Europe/Berlin"
    spring.site.save()
    Rule.objects.filter(name="Banner").delete()
    Rule.objects.update(starts_at=FRIDAY, segment=None)
    return spring


def test_before_it_begins_everyone_else_sees_the_default_and_the_reason_names_the_moment(see, friday):
    before = see("content/", at="2030-11-29T08:59", device="mobile")

    assert "Everyone else" in before
    assert (
        "Rule “Coupon” did not win: it is outside its dates, which begin on Friday 29 Nov 09:00, Europe/Berlin."
        in before
    )
    assert "Friday 29 Nov 2030, 08:59" in before


def test_from_its_first_moment_on_it_is_shown_as_it_will_be(see, friday):
    page = see("content/", at="2030-11-29T09:00", device="mobile")

    assert "This campaign" in page and "Rule “Coupon” won: Device is “mobile”." in page
    assert 'srcdoc="&lt;!doctype html&gt;' in page and "Just for you" in page


def test_moments_at_which_something_begins_are_one_click_away(see, friday):
    page = see("content/", device="mobile")

    assert f'href="?device=mobile&amp;at={quote("2030-11-29T09:00:00")}#preview-title">Fri 29 Nov 09:00</a>' in page


@pytest.mark.parametrize("asked", ["/sale", "shop.example/sale", "https://www.shop.example/sale?utm_source=x#top"])
def test_a_rule_that_names_a_page_is_looked_at_on_that_page(see, friday, asked):
    condition = {"context.path": "/sale", "session.landing_path": "/sale"}
    Rule.objects.update(starts_at=None, condition=condition)

    assert "Rule “Coupon” won" in see("content/", page=asked, source="Google")
    assert "Rule “Coupon” did not win" in see("content/", source="Google")


@pytest.mark.parametrize("asked", ["https://", "http://[", "://", "//"])
def test_what_is_no_page_is_told_at_its_field(see, friday, asked):
    page = see("content/", page=asked)

    assert ("This is no address." in page) == (asked != "//") and "Server Error" not in page


@pytest.mark.parametrize("status", ["draft", "live", "paused"])
def test_it_is_looked_at_as_if_it_were_launched_whatever_it_is(see, friday, status):
    Campaign.objects.update(status=status)

    assert "Rule “Coupon” won" in see("content/", at="2030-11-29T09:00", device="mobile")


@pytest.mark.django_db(transaction=True)
def test_what_was_published_and_stopped_is_still_looked_at_as_drafted(see, friday, publisher):
    publish(friday.site, publisher)
    stop(friday, publisher)
    AdVariant.objects.filter(key="offer").update(headline="Changed since")

    page = see("content/", at="2030-11-29T09:00", device="mobile")

    assert "Rule “Coupon” won" in page and "Changed since" in page


@pytest.mark.django_db(transaction=True)
def test_rules_of_other_campaigns_win_as_they_do_for_visitors(see, friday, publisher):
    other = Campaign.objects.create(site=friday.site, key="other", name="Other", status="live")
    hero, default = Placement.objects.get(), AdVariant.objects.get(key="default")
    Rule.objects.create(campaign=other, placement=hero, name="Loud", variant=default, priority=900)
    draft = see("content/", at="2030-11-29T09:00", device="mobile")
    publish(friday.site, publisher)

    page = see("content/", at="2030-11-29T09:00", device="mobile")

    assert "Rule “Coupon” won" in draft  # nobody has published the other one
    assert "Another campaign" in page and 'of <a href="/campaigns/c/other/">Other</a>' in page
    assert "it applies, but a rule before it in the order of priority won." in page


def test_nothing_of_a_preview_is_recorded_counted_or_stored(see, friday, redis_client):
    keys = sorted(redis_client.keys())

    see("content/", at="2030-11-29T09:00", device="mobile")

    assert not Decision.objects.exists() and not Release.objects.exists()
    assert [key for key in sorted(redis_client.keys()) if b"segue" in key] == [key for key in keys if b"segue" in key]


def test_placements_of_one_page_are_asked_together_and_those_of_others_apart(see, spring):
    hero, default = Placement.objects.get(), AdVariant.objects.get(key="default")
    side = Placement.objects.create(site=spring.site, key="side", name="Side", default_variant=default)
    Rule.objects.filter(name="Coupon").update(placement=side, segment=None, condition={}, variant=default)
    Placement.objects.filter(pk=hero.pk).update(page="Home")
    apart = see("content/")
    Placement.objects.update(page="Home")

    together = see("content/")

    assert "its creative is on the page already" not in apart
    assert "its creative is on the page already" in together


def test_a_visitor_is_looked_up_and_looks_with_their_profile(client, see, spring, keep):
    Rule.objects.filter(name="Banner").delete()
    orders = [
        event("Order Completed", START + n * 60_000, properties={"order_id": f"o{n}", "total": 9}, device="mobile")
        for n in range(2)
    ]
    keep("a" * 32, folded(*orders))
    keep("b" * 32, folded(page(START)))

    buyer, other = see("content/", visitor="a" * 32), see("content/", visitor="b" * 32, device="mobile")
    nobody, unclear = see("content/", visitor="c" * 32), see("content/", visitor="not known")

    assert "Rule “Coupon” won" in buyer and f'What <a href="/visitors/{"a" * 32}/">visitor' in buyer
    assert "Orders ever" in other or "must be more than 1" in other
    assert "Nobody has this id." in nobody and "Nobody has this id." in unclear
    assert 'value="not known"' in unclear and "Creatives side by side" in unclear
    assert f"?visitor={'a' * 32}#preview-title" in see("content/")
    assert client.get("/campaigns/c/spring/content/").headers["Cache-Control"] == "no-store"


def test_who_has_not_consented_is_shown_what_needs_no_profile(see, spring):
    page = see("content/", consent="refused")

    assert "it needs to know the visitor, who has not consented" in page and "Rule “Banner” won" in page


def test_somebody_new_comes_from_where_one_says(see, friday):
    Rule.objects.update(starts_at=None, condition={"referral.source": "Google", "visitor.new": True})

    assert "Rule “Coupon” won" in see("content/", channel="search", source="Google")
    assert "Rule “Coupon” did not win" in see("content/")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"at": "yesterday"}, "Write a date and a time, like 2026-11-27 09:00."),
        ({"at": "2026-10-25T02:30"}, "Choose which is meant."),
        ({"language": "xx"}, "Select a valid choice."),
        ({"device": "\0"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field_and_the_page_stays(see, friday, query, told):
    page = see("content/", **query)

    assert told in page and "Creatives side by side" in page


def test_the_hour_that_comes_twice_is_looked_at_as_chosen(see, friday):
    Rule.objects.update(starts_at=datetime(2026, 10, 25, 1, 0, tzinfo=UTC), condition={})
    chosen = {"at": "2026-10-25T02:30"}

    first = see("content/", **chosen, **{"at-meant": "2026-10-25T00:30:00+00:00"})
    second = see("content/", **chosen, **{"at-meant": "2026-10-25T01:30:00+00:00"})

    assert "Rule “Coupon” did not win: it is outside its dates" in first and "Rule “Coupon” won" in second


def test_a_translated_creative_is_shown_in_the_language_asked_for(see, friday):
    AdVariant.objects.filter(key="offer").update(translations={"de": {"headline": "Nur für dich"}})

    page = see("content/", at="2030-11-29T09:00", device="mobile", language="de")

    assert "Nur für dich" in page and '<option value="de" selected>German</option>' in page


def test_what_is_wrong_with_it_is_said_in_place_of_a_preview(see, friday):
    AdVariant.objects.filter(key="offer").update(background="red")

    page = see("content/", device="mobile")

    assert "It cannot be shown to anybody before this is mended" in page and "Everyone else" not in page


def test_event_rows_that_nobody_counts_yet_are_asked_of_the_stored_events(see, spring, keep, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "personalization.campaign_page.preview.numbers", lambda row, who: [asked.append((row.event, who)) or 3]
    )
    Rule.objects.filter(name="Banner").delete()
    Rule.objects.update(
        segment=None, condition={"$did": {"event": "Product Viewed", "count": {"$gte": 3}, "in": "ever"}}
    )
    keep("a" * 32, folded(page(START)))

    assert "Rule “Coupon” won" in see("content/", visitor="a" * 32)
    assert asked[0][0] == "Product Viewed" and asked[0][1][0].visitor == "a" * 32


@pytest.mark.django_db(transaction=True)
def test_a_preview_agrees_with_the_edge_on_what_is_published(spring, publisher):
    """The same release, visitor and moment: the same decision."""
    site, now = spring.site, timezone.now()
    publish(site, publisher)
    visit = Visit("ab" * 16, Profile(), device="mobile")
    composed = preview.drafted(site, spring, ["home-hero"], now).release
    (previewed,) = preview.decisions_at(composed, site, visit, ["home-hero"], now)

    day, hour, weekday = local("UTC", ms_of(now))
    context = {"device": "mobile", "hour": hour, "weekday": weekday, "path": "/", "host": site.domain}
    release = kept_releases.live(site)
    (made,) = decide(Situation(release, Profile(), visit.visitor, True, context, ms_of(now), day), ["home-hero"])

    assert (previewed.rule.id, previewed.reason) == (made.rule.id, made.reason)
