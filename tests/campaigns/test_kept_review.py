"""Whoever changes a draft, by whatever way: the review of what it was is not taken for that of what it is."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import kept_review
from campaigns.content import Picture, Theme
from campaigns.coupons.tables import Coupon
from campaigns.drafts import TABLES
from campaigns.kept_review import is_current, keep, keep_all, review_of, state_of
from campaigns.models import (
    AdVariant,
    Arm,
    Campaign,
    DraftReview,
    ExclusionGroup,
    Hold,
    Placement,
    Release,
    Rule,
    Treatment,
)
from campaigns.publish import publish
from campaigns.review import examine
from recommendations.catalogue import import_items
from recommendations.models import Item
from segments.models import ModelVersion, Segment, SegmentSize, TrainingRun
from tests import factories
from tests.drafts import review


def add_item(site, key: str) -> None:
    import_items(site, [{"key": key, "name": key, "category": "Mugs", "url": "/p", "price_minor": 1}])


@pytest.fixture
def full(drafted):
    """A row in every table that a draft is read from."""
    add_item(drafted, "p1")
    ModelVersion.objects.create(site=drafted, number=1, artifact="none.npz", digest="", status="retired")
    Hold.objects.create(site=drafted, thing="catalogue:", release=drafted.releases.create(number=1, status="failed"))
    test = Treatment.objects.create(site=drafted, key="test", name="Test")
    Arm.objects.create(treatment=test, key="a", variant=AdVariant.objects.first())
    ExclusionGroup.objects.create(site=drafted, key="checkout", name="Checkout")
    Theme.objects.create(site=drafted)
    Coupon.objects.create(site=drafted, key="ten", name="Ten", code="TEN", percent=10)
    Picture.objects.create(site=drafted, digest="d", name="P", width=1, height=1, widths=[1], size=1)
    return drafted


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_row_written_anew_makes_another_state_of_the_draft(full, table):
    """By `update`, which sends no signal and sets no date, and even with what was there before; all of it in one
    transaction."""
    row = table.objects.filter(**{TABLES[table]: full.pk}).first()
    states = [state_of(full.pk)]
    for _ in range(3):
        table.objects.filter(pk=row.pk).update(id=row.pk)
        states.append(state_of(full.pk))

    assert len(set(states)) == 4


@pytest.mark.parametrize(
    "remove",
    [
        lambda: Rule.objects.filter(name="Coupon").delete(),
        lambda: Campaign.objects.all().delete(),
        lambda: Item.objects.all()._raw_delete("default"),
        lambda: ModelVersion.objects.all().delete(),
    ],
    ids=["a rule", "a campaign with its rules", "an item, without signals", "a model"],
)
def test_a_row_that_goes_makes_another_state(full, remove):
    before = state_of(full.pk)

    remove()

    assert state_of(full.pk) != before


def test_a_row_that_comes_makes_another_state(full):
    states = {state_of(full.pk)}
    Segment.objects.create(site=full, key="more", name="More", condition={})
    states.add(state_of(full.pk))
    add_item(full, "p2")
    states.add(state_of(full.pk))

    assert len(states) == 3


def test_a_release_on_its_way_and_one_that_is_live_make_another_state(drafted, publisher, commit):
    states = [state_of(drafted.pk)]
    publish(drafted, publisher)
    states.append(state_of(drafted.pk))
    Release.objects.update(status="failed")
    states.append(state_of(drafted.pk))
    commit(publish, drafted, publisher)
    states.append(state_of(drafted.pk))

    assert states[0] == states[2]
    assert len(set(states)) == 3


def test_what_is_no_part_of_the_draft_leaves_its_state(full):
    elsewhere = factories.make_site(write_key="wk_other", secret_key="wsk_other")
    before = state_of(full.pk)

    AdVariant.objects.create(site=elsewhere, key="theirs", name="Theirs")
    TrainingRun.objects.create(site=full)
    SegmentSize.objects.create(segment=Segment.objects.get(), at=timezone.now(), visitors=1, active=2)
    state_of(elsewhere.pk)

    assert state_of(full.pk) == before


def test_every_table_that_a_review_reads_is_in_the_state(full):
    """A table that somebody adds to the draft and forgets in TABLES."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        review(full)
    read = {name for query in captured for name in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}

    assert read - {Release._meta.db_table} <= {table._meta.db_table for table in TABLES}
    assert {"campaigns_rule", "recommendations_item", "segments_modelversion"} <= read


def test_the_state_costs_two_queries(full, django_assert_num_queries):
    with django_assert_num_queries(2):
        state_of(full.pk)


def test_a_kept_review_is_what_a_review_finds(drafted):
    AdVariant.objects.filter(key="offer").update(link="javascript:alert(1)")
    refused = keep(drafted)
    assert review_of(refused) == review(drafted)
    assert review_of(refused).errors == 1

    AdVariant.objects.filter(key="offer").update(link="/sale")

    assert not is_current(refused)
    assert review_of(keep(drafted)) == review(drafted)
    assert DraftReview.objects.count() == 1


def test_an_edit_while_somebody_reviews_is_not_taken_for_reviewed(drafted, monkeypatch):
    def examine_slowly(site, now, **what):
        examined = examine(site, now, **what)
        Rule.objects.update(priority=3)
        return examined

    monkeypatch.setattr(kept_review, "examine", examine_slowly)

    assert not is_current(keep(drafted))


def test_a_review_is_true_until_the_next_rule_or_campaign_ends(drafted):
    """The clock alone makes a problem of it."""
    soon = timezone.now() + timedelta(hours=1)
    Campaign.objects.update(ends_at=soon + timedelta(hours=1))
    Rule.objects.filter(name="Coupon").update(ends_at=soon)

    kept = keep(drafted)

    assert kept.good_until == soon
    assert is_current(kept)
    kept.good_until = timezone.now()
    assert not is_current(kept)


def test_beat_reviews_what_nobody_told_of_and_leaves_the_rest(drafted):
    other = factories.make_site(write_key="wk_other", secret_key="wsk_other")
    keep_all()
    first = DraftReview.objects.in_bulk()
    Placement.objects.update(min_height=40)

    keep_all()

    second = DraftReview.objects.in_bulk()
    assert second.keys() == {drafted.pk, other.pk}
    assert second[drafted.pk].made_at > first[drafted.pk].made_at
    assert second[other.pk].made_at == first[other.pk].made_at
    assert review_of(second[drafted.pk]) == review(drafted)
