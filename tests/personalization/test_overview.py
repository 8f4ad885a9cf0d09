"""The figures of the Home page."""

from datetime import UTC, datetime, timedelta

import pytest

from personalization import overview
from personalization.models import DecisionRollup
from tracking import freshness
from tracking.models import DropCount

pytestmark = pytest.mark.django_db


def test_home_shows_the_placements_with_the_most_decisions_and_no_more(site):
    """R19: figures of made-up placements from before they were counted together do not fill the page."""
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    names = {f"made-up-{i:03}": 1 for i in range(90)} | {"hero": 5, "(unknown)": 9}
    for name, decisions in names.items():
        DecisionRollup.objects.create(
            site=site,
            hour=now - timedelta(hours=1),
            placement=name,
            campaign="",
            rule_id=0,
            variant="",
            decisions=decisions,
        )

    rows = overview.engagement(site, now, 1)

    assert len(rows) == overview.PLACEMENTS_SHOWN
    assert {"hero", "Unknown placements"} <= {row.name for row in rows}


NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def told(site) -> list[str]:
    return [problem.sentence for problem in overview.attention(site, NOW, freshness.Freshness(reachable=True))]


def test_home_tells_of_sign_ins_without_proof_and_counts_no_event_as_dropped_that_was_kept(site):
    for reason in ("unproved_user", "placeholder_id", "unreadable_part"):
        DropCount.objects.create(site=site, hour=NOW - timedelta(hours=1), reason=reason, count=1000)

    said = told(site)

    assert "1,000 sign-ins of the day came without proof: other devices do not know these people." in said
    assert not any("were dropped" in sentence for sentence in said)


def test_home_tells_of_a_site_that_does_not_verify_its_users(site):
    site.verify_users = False

    assert any(sentence.startswith("Users are not verified: everybody who guesses a userId") for sentence in told(site))
