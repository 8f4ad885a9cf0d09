"""What was stored before sources had one name each: rows, the conditions of segments and rules, old releases."""

from datetime import UTC, datetime
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command

from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.release import dump, load
from segments.models import Segment
from tests.releases import rule, source
from tracking.models import Referral

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 2, tzinfo=UTC)


def mend() -> str:
    told = StringIO()
    call_command("mend_sources", stdout=told)
    return told.getvalue()


@pytest.fixture
def stored(site):
    for number, name in enumerate(["google", "Google", "GOOGLE", "letter"]):
        Referral.objects.create(
            site=site, visitor_id=uuid4(), session=number, at=AT, channel="search", source=name, medium="CPC"
        )
    segment = Segment.objects.create(site=site, key="s", name="S", condition={"referral.source": {"$in": ["google"]}})
    shown = AdVariant.objects.create(site=site, key="v", name="V", headline="V")
    return segment, Rule.objects.create(
        campaign=Campaign.objects.create(site=site, key="c", name="C"),
        placement=Placement.objects.create(site=site, key="p", name="P"),
        name="R", variant=shown, condition={"referral.first_source": "fb"},
    )  # fmt: skip


def test_rows_and_conditions_get_the_one_name_and_it_is_told(stored):
    told = mend()

    assert sorted(Referral.objects.values_list("source", "medium")) == [("Google", "cpc")] * 3 + [("letter", "cpc")]
    for row in stored:
        row.refresh_from_db()
    assert stored[0].condition == {"referral.source": {"$in": ["Google"]}}
    assert stored[1].condition == {"referral.first_source": "Facebook"}
    assert told.splitlines() == [
        "referrals: 6 values written anew", "conditions: 1 segment respelled", "conditions: 1 rule respelled",
    ]  # fmt: skip
    assert LogEntry.objects.count() == 2


def test_a_second_run_finds_nothing(stored):
    mend()

    assert mend().splitlines()[0] == "referrals: 0 values written anew"
    assert LogEntry.objects.count() == 2


def test_an_old_release_means_what_it_meant():
    blob = dump(source([rule(1, {"referral.source": "google"})]), "v1")

    assert load(blob).rules[0].condition == {"referral.source": "Google"}
    assert load(blob).index.match({"referral.source": "Google"}) == 1


@pytest.mark.parametrize("typed", ["google", "GOOGLE", "Google"])
def test_whoever_saves_a_segment_may_spell_as_they_like(site, typed):
    segment = Segment(site=site, key="s", name="S", condition={"referral.source": typed})

    segment.full_clean()

    assert segment.condition == {"referral.source": "Google"}
