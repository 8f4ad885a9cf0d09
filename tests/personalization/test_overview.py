"""The figures of the Home page."""

from datetime import UTC, datetime, timedelta

import pytest

from personalization import overview
from personalization.models import DecisionRollup

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
