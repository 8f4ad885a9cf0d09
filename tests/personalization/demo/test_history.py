"""The demo's past is made of rows that the edge would have written."""

import pytest
from django.core.management import call_command

from campaigns.models import Campaign
from personalization.demo import history, progress
from personalization.demo.in_bulk import DayAppender
from personalization.demo.site import WRITE_KEY
from personalization.management.commands.replay import storing
from personalization.models import Conversion, Decision, DecisionRollup
from personalization.recompute import recompute
from segments.models import FeatureDistribution, Segment, SegmentSize
from sites.models import Site
from tracking.models import Event, Session, Visitor

pytestmark = [
    pytest.mark.usefixtures("transactional_db", "redis_client"),
    pytest.mark.urls("tests.personalization.demo.urls"),
]
VISITORS, DAYS = 25, 8


@pytest.fixture
def shop(settings, tmp_path) -> Site:
    settings.VAR_DIR, settings.DEMO = tmp_path, True
    call_command("demo", verbosity=0)
    return Site.objects.get(write_key=WRITE_KEY)


class Killed(Exception):
    pass


def bring(site: Site) -> list[str]:
    said: list[str] = []
    with storing():
        history.bring(site, VISITORS, DAYS, said.append)
    return said


def test_the_past_of_the_shop_is_as_if_it_had_been_lived(shop):
    bring(shop)

    # Charts: something on each of the days, and an end to it.
    assert FeatureDistribution.objects.values("day").distinct().count() >= DAYS - 1
    assert SegmentSize.objects.filter(segment=Segment.objects.first()).count() >= DAYS - 1
    assert Session.objects.filter(site=shop).count() >= VISITORS
    hours = DecisionRollup.objects.filter(site=shop)
    assert sum(row.clicks for row in hours) > 10
    # Orders come after what was seen, so there are conversions, and they are worth something.
    conversions = Conversion.objects.filter(site=shop, campaign_id__in=Campaign.objects.values("pk"))
    assert sum(one.value_minor for one in conversions) > 0
    for one in conversions:
        seen = Event.objects.filter(visitor_id=one.visitor_id, type="engagement", at__lt=one.at)
        assert seen.filter(properties__decision=one.decision_id.hex).exists()
    # What the edge writes can be made again: so can this.
    rows = list(Decision.objects.filter(site=shop).order_by("visitor_id")[::23])
    assert len(rows) > 20
    assert {(again.missing, again.agrees) for again in (recompute(shop, row) for row in rows)} == {("", True)}
    call_command("rebuild", check=True)  # raises where a profile is not what its events say
    assert progress.read().is_live


def test_a_past_that_was_cut_short_is_gone_on_with_and_everybody_says_what_they_are(shop, monkeypatch):
    written = []

    async def write(appender: DayAppender) -> None:
        written.append(len(appender.waiting))
        if len(written) == 3:  # the decisions of this day are in the log, its events are not
            raise Killed
        await as_ever(appender)

    as_ever = DayAppender.write
    monkeypatch.setattr(DayAppender, "write", write)
    with pytest.raises(Killed):
        bring(shop)
    assert written[2] > 0
    bring(shop)
    before = (Event.objects.count(), Decision.objects.count())
    assert Decision.objects.values("visitor_id", "at", "placement").distinct().count() == before[1]
    progress.tell(progress.State())

    bring(shop)

    assert (Event.objects.count(), Decision.objects.count()) == before
    labelled = Event.objects.filter(site=shop, type="identify", traits__simulated=True).values("visitor_id").distinct()
    assert labelled.count() == Visitor.objects.filter(site=shop).count()
    assert not Visitor.objects.filter(site=shop, country="").exists()
