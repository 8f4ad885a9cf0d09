"""A form keeps what it cannot show, and Enter saves it."""

import re
from datetime import UTC, datetime

import pytest

from campaigns.models import AdVariant, Campaign, Placement, Rule
from segments.models import Segment
from tests import factories


@pytest.fixture
def rule(client, site):
    client.force_login(factories.make_user("editor"))
    segment = Segment.objects.create(
        site=site, key="gold-only", name="Gold only", condition={"visitor.sessions": {"$gt": 9}}
    )
    variant = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
    placement = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=variant)
    campaign = Campaign.objects.create(
        site=site, key="autumn", name="Autumn", ends_at=datetime(2036, 12, 31, 23, 59, 59, 999000, UTC)
    )
    return Rule.objects.create(campaign=campaign, placement=placement, name="First", variant=variant, segment=segment)


def page_of(client, address: str) -> str:
    return client.get(address).content.decode()


def test_an_archived_choice_is_shown_and_kept(client, rule):
    """R16: not 'Everybody', which the next save would store."""
    Segment.objects.update(archived=True)
    AdVariant.objects.update(archived=True)
    address = f"/campaigns/rules/{rule.pk}/"

    page = page_of(client, address)
    fields = {
        "name": "New",
        "placement": rule.placement_id,
        "segment": rule.segment_id,
        "variant": rule.variant_id,
        "priority": 500,
        "enabled": "on",
    }
    client.post(address, fields | {"condition-mode": "rows"})

    rule.refresh_from_db()
    assert re.search(r"selected>Gold only \(archived\)", page)
    assert (rule.name, rule.segment.key) == ("New", "gold-only")


def test_an_archived_segment_is_no_choice_elsewhere(client, rule):
    """R16."""
    Segment.objects.update(archived=True)

    assert "Gold only" not in page_of(client, "/campaigns/c/autumn/rules/new/")


def test_a_schedule_keeps_its_seconds_and_what_is_finer(client, rule):
    """R28: the picker shows seconds; a fraction stays while the second is the same."""
    drawn = re.search(r'name="ends_at" value="([^"]+)"[^>]*step="1"', page_of(client, "/campaigns/c/autumn/traffic/"))

    client.post(
        "/campaigns/c/autumn/traffic/",
        {"name": "Autumn", "key": "autumn", "event": "Visit", "status": "draft", "ends_at": drawn[1]},
    )

    campaign = Campaign.objects.get()
    assert drawn[1] == "2036-12-31T23:59:59"
    assert (campaign.goal.event, campaign.ends_at) == ("Visit", datetime(2036, 12, 31, 23, 59, 59, 999000, UTC))


@pytest.mark.parametrize(
    "address",
    ["/segments/s/gold-only/", "/segments/new/", "/campaigns/rules/{rule}/", "/campaigns/c/autumn/rules/new/"],
)
def test_the_first_button_of_a_form_with_a_condition_saves_it(client, rule, address):
    """R01: what Enter presses, with and without scripts."""
    form = re.search(r'<form class="s-card".*?</form>', page_of(client, address.format(rule=rule.pk)), re.DOTALL)[0]

    first = re.search(r"<button[^>]*>", form)[0]
    assert "name=" not in first and "hx-" not in first and "type=" not in first
