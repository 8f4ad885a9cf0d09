"""A roll back followed by somebody else's publication brings nothing back."""

import pytest

from campaigns.models import AdVariant, Campaign, Hold, Placement, Release, Rule
from campaigns.publish import NothingToPublish, Refused, publish, roll_back
from recommendations.catalogue import import_items
from segments.models import Segment
from tests import factories
from tests.drafts import review

pytestmark = pytest.mark.django_db


@pytest.fixture
def rolled_back(drafted, publisher, commit):
    """A release in which a bit of everything changed, and that was rolled back."""
    commit(publish, drafted, publisher)
    AdVariant.objects.filter(key="offer").update(headline="Too much")
    AdVariant.objects.filter(key="default").update(headline="Too loud")
    Segment.objects.update(condition={"feature.orders_total": {"$gt": 9}})
    Placement.objects.update(min_height=700)
    import_items(drafted, [{"key": "p1", "name": "P", "category": "Mugs", "url": "/p", "price_minor": 1}])
    commit(publish, drafted, publisher)
    commit(roll_back, drafted, 1, publisher)
    return drafted


def content_of(site):
    return Release.objects.live(site).content()


def test_the_next_publisher_brings_nothing_back(rolled_back, commit):
    other = factories.make_user("administrator")
    before = content_of(rolled_back)
    with pytest.raises(NothingToPublish):
        publish(rolled_back, other)

    campaign = Campaign.objects.create(site=rolled_back, key="new", name="New", status="live")
    Rule.objects.create(
        campaign=campaign,
        placement=rolled_back.placements.get(),
        name="New",
        variant=AdVariant.objects.get(key="offer"),
        segment=Segment.objects.get(),
    )
    commit(publish, rolled_back, other)

    after = content_of(rolled_back)
    assert [rule for rule in after.rules if rule.name != "New"] == before.rules
    assert (after.segments, after.variants, after.placements, after.items) == (
        before.segments,
        before.variants,
        before.placements,
        before.items,
    )
    [new] = [rule for rule in after.rules if rule.name == "New"]
    assert new.condition == {"feature.orders_total": {"$gt": 1}}  # as visitors have it, not as it is drafted


def test_what_is_held_is_offered_as_such_and_goes_out_once_it_is_chosen(rolled_back, publisher, commit):
    campaign = Campaign.objects.get()
    held = {offer.thing for offer in review(rolled_back).offers if offer.is_held}
    assert held == {f"campaign:{campaign.pk}", "segment:buyers", "placement:home-hero", "catalogue:"}

    release = commit(publish, rolled_back, publisher, chosen={f"campaign:{campaign.pk}"})

    assert "Segment 'Buyers': its condition changed" in release.changes
    assert any("Too much" in told for told in release.changes)
    left = set(Hold.objects.values_list("thing", flat=True))
    assert {"placement:home-hero", "catalogue:"} <= left
    assert not {f"campaign:{campaign.pk}", "segment:buyers"} & left
    assert content_of(rolled_back).placements[0].min_height == 0


def test_what_is_drafted_again_as_visitors_see_it_is_held_no_more(rolled_back, publisher, commit):
    AdVariant.objects.filter(key="offer").update(headline="Just for you")
    AdVariant.objects.filter(key="default").update(headline="Welcome")
    Segment.objects.create(site=rolled_back, key="more", name="More", condition={})
    commit(publish, rolled_back, publisher)
    AdVariant.objects.filter(key="offer").update(headline="Another idea")

    commit(publish, rolled_back, publisher)

    assert any(b"Another idea" in piece for row in content_of(rolled_back).variants for piece in row.pieces)


def test_what_uses_something_that_is_held_and_that_visitors_do_not_have_says_so(drafted, publisher, commit):
    commit(publish, drafted, publisher)
    fresh = Segment.objects.create(site=drafted, key="fresh", name="Fresh", condition={"visitor.sessions": 1})
    commit(publish, drafted, publisher)
    commit(roll_back, drafted, 1, publisher)
    campaign = Campaign.objects.create(site=drafted, key="new", name="New", status="live")
    Rule.objects.create(
        campaign=campaign,
        placement=drafted.placements.get(),
        name="New",
        segment=fresh,
        variant=AdVariant.objects.get(key="offer"),
    )

    with pytest.raises(Refused, match="Its segment “fresh” was taken back by a roll back"):
        publish(drafted, publisher, chosen={f"campaign:{campaign.pk}"})

    chosen = {f"campaign:{campaign.pk}", "segment:fresh"}
    assert commit(publish, drafted, publisher, chosen=chosen).status == "live"
