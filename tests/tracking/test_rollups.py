"""Counts by name are as many as the names that a site uses, whoever makes up others."""

import pytest
from django.db import connection

from sites.times import HOUR_MS
from tests import factories
from tracking import rollups
from tracking.models import EventRollup
from tracking.rollups import MOST_NAMES, OTHERS, bound_names

HOUR = 1_790_000_000_000 // HOUR_MS * HOUR_MS
MINUTE = HOUR // rollups.MINUTE_MS


def named(names, minute=MINUTE, site=1):
    return {(site, minute, name): [2, 1] for name in names}


def test_a_site_that_names_few_events_finds_each():
    assert bound_names(named(["page", "Order Completed"]), {}) == named(["page", "Order Completed"])


def test_names_beyond_the_limit_of_an_hour_are_counted_together_and_none_is_lost():
    """Security finding B2: 10,000 names made 20,000 rows for good."""
    counted = bound_names(named(f"n{number}" for number in range(MOST_NAMES + 30)), {})

    assert len(counted) == MOST_NAMES + 1
    assert counted[1, MINUTE, OTHERS] == [60, 30]


@pytest.mark.parametrize(("minute", "site"), [(MINUTE + 60, 1), (MINUTE, 2)])
def test_another_hour_and_another_site_have_names_of_their_own(minute, site):
    known = {(1, HOUR): {f"n{number}" for number in range(MOST_NAMES)}}

    assert bound_names(named(["Order Completed"]), known) == {(1, MINUTE, OTHERS): [2, 1]}
    assert bound_names(named(["Order Completed"], minute, site), known) == named(["Order Completed"], minute, site)


def test_what_is_in_the_table_counts_towards_the_limit(db, monkeypatch):
    monkeypatch.setattr(rollups, "MOST_NAMES", 2)
    site = factories.make_site().pk

    with connection.cursor() as cursor:
        for names, minute in ((["a"], MINUTE), (["b", "c"], MINUTE + 1), (["a", "d"], MINUTE + 2)):
            rollups.store(cursor, named(names, minute, site))

    hours = EventRollup.objects.filter(site=site, grain="hour")
    assert dict(hours.values_list("name", "events")) == {"a": 4, "b": 2, OTHERS: 4}
    assert set(EventRollup.objects.filter(grain="minute").values_list("name", flat=True)) == {"a", "b", OTHERS}
