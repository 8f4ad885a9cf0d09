"""What was counted by keys belongs to ids after the upgrade."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.db import connection

from campaigns import publish
from campaigns.models import AdVariant, Campaign, Placement, Release, Rule
from personalization.models import Conversion, DecisionRollup

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def spring(site):
    offer = AdVariant.objects.create(site=site, key="offer", name="Offer", headline="For you")
    hero = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=offer)
    campaign = Campaign.objects.create(site=site, key="spring", name="Spring", status="live")
    Rule.objects.create(campaign=campaign, placement=hero, name="Everybody", variant=offer)
    return campaign


def run(migration: str) -> None:
    with connection.cursor() as cursor:
        for operation in import_module(migration).Migration.operations:
            cursor.execute(operation.sql)


def test_results_of_before_get_the_ids_of_what_they_were_counted_for(site, spring):
    """R15: by the rule, also where the key has changed since; without a rule by the key."""
    rule = Rule.objects.get().pk
    for placement, campaign, rule_id in (
        ("hero", "spring-then", rule),
        ("bar", "spring", 999_999),
        ("side", "", 0),
        ("top", "gone", 0),
    ):
        DecisionRollup.objects.create(
            site=site,
            hour=AT,
            placement=placement,
            campaign=campaign,
            rule_id=rule_id,
            variant="offer",
            impressions=1,
            clicks=3,
        )
    Conversion.objects.create(
        site=site, message_id="m", at=AT, visitor_id="a" * 32, decision_id="b" * 32, campaign="spring"
    )

    run("personalization.migrations.0005_ids_of_earlier_results")

    found = {row.placement: row.campaign_id for row in DecisionRollup.objects.all()}
    assert found == {"hero": spring.pk, "bar": spring.pk, "side": 0, "top": 0}
    assert set(DecisionRollup.objects.values_list("variant_id", "impressions")) == {(AdVariant.objects.get().pk, 3)}
    assert Conversion.objects.get().campaign_id == spring.pk


def test_a_release_of_before_notes_its_campaigns_and_differs_from_no_draft(
    site, spring, publisher, django_capture_on_commit_callbacks, redis_client
):
    """R15: by the rules that it holds, and under the keys that it holds; nothing is left to publish by the upgrade alone."""
    with django_capture_on_commit_callbacks(execute=True):
        publish.publish(site, publisher)
    source = Release.objects.get().source
    noted = source.pop("campaigns")
    Release.objects.update(source=source)

    run("campaigns.migrations.0005_campaigns_in_releases")

    assert Release.objects.get().source["campaigns"] == noted == [[spring.pk, "spring", "Order Completed"]]
    assert publish.review(site).changes == []
