"""How long does a page of results take over ten million decisions? Beside plain SQL over the decisions themselves."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from personalization.results import highlights, report
from personalization.results.period import Period
from tracking import partitions

pytestmark = [pytest.mark.study, pytest.mark.django_db, pytest.mark.timeout(3_000)]
DECISIONS, DAYS, SPOTS, VISITORS = 10_000_000, 90, 60, 1_000_000
CONVERSIONS = DECISIONS // 100
FIRST = date(2026, 3, 1)
MOST_SECONDS = 1.0

# Rule n of 60 stands in placement n of 6 and campaign n of 20; the decisions are spread evenly.
DECIDED = """
INSERT INTO personalization_decision (id, at, site_id, visitor_id, seq, placement, campaign_id, campaign, rule_id,
    treatment_id, arm, variant_id, variant, segment, reason, detail, propensity, weights, release, context)
SELECT gen_random_uuid(), %(first)s::timestamptz + n * interval '1 second' * %(seconds)s, %(site)s,
    md5((n * 7919 %% %(visitors)s)::text)::uuid, 1, 'p' || n %% 6, 1 + n %% 20, '', 1 + n %% %(spots)s, 0, '',
    1 + n %% %(spots)s, '', '', 'STATIC', '', 1, 0, 'r', '{}'
FROM generate_series(0::bigint, %(decisions)s - 1) AS n
"""
# What the step counts, put down as it would: equal shares, and full sketches of one spot in all rows.
COUNTED = """
WITH sketches AS (
    SELECT rule, string_agg(decode(lpad(to_hex((i * 7 + rule) * 100000000::bigint), 16, '0'), 'hex'), '' ORDER BY i) AS kept
    FROM generate_series(1::bigint, 1024) AS i, generate_series(1, %(spots)s) AS rule GROUP BY rule
)
INSERT INTO personalization_dailyresult (site_id, day, placement, campaign_id, rule_id, treatment_id, arm, variant_id,
    segment, decisions, impressions, clicks, dismissals, conversions, value_minor, assists, assisted_minor,
    value_squares, outranked, capped, held, visitors)
SELECT %(site)s, (at AT TIME ZONE 'UTC')::date, placement, campaign_id, rule_id, 0, '', variant_id, '', count(*),
    count(*) * 4 / 5, count(*) / 20, 0, count(*) / 100, count(*) * 40, 0, 0, count(*) * 160000, count(*) / 2, 0, 0, kept
FROM personalization_decision JOIN sketches ON rule = rule_id
GROUP BY 2, placement, campaign_id, rule_id, variant_id, kept
"""
CONVERTED = """
INSERT INTO personalization_conversion (site_id, message_id, at, visitor_id, decision_id, placement, campaign_id,
    campaign, rule_id, treatment_id, arm, variant_id, variant, segment, goal_id, value_minor, is_credited)
SELECT %(site)s, 'm' || n, %(first)s::timestamptz + n * interval '1 second' * %(seconds)s * 100,
    md5((n * 7919 %% %(visitors)s)::text)::uuid, gen_random_uuid(), 'p' || n %% 6, 1 + n %% 20, '', 1 + n %% %(spots)s, 0,
    '', 1 + n %% %(spots)s, '', '', 1, 4000, true
FROM generate_series(0::bigint, %(conversions)s - 1) AS n
"""
PLAIN = """
SELECT campaign_id, count(*), count(DISTINCT visitor_id) FROM personalization_decision
WHERE site_id = %s AND at >= %s AND at < %s GROUP BY campaign_id
"""


def test_ten_million_decisions_are_answered_from_daily_sums(site):
    _fill(site)
    last = FIRST + timedelta(days=DAYS - 1)
    took: dict[str, float] = {}
    for days in (7, 28, 45):
        period = Period(last - timedelta(days=days - 1), last)
        for by in ("campaign", "rule"):
            took[f"results by {by}, {days} days and {days} before"] = _time(report.lines, site, period, by, "seen")
        took[f"plain SQL over the decisions, {days} days"] = _time(_plain, site, period)
    now = datetime.combine(last, datetime.max.time(), UTC)
    took["Home's headline"] = _time(highlights.headline, site, now)
    took["Home's contest"] = _time(highlights.contest, site, now)
    print(f"\n{DECISIONS:,} decisions, {CONVERSIONS:,} conversions, {DAYS} days, {SPOTS} rules:")
    for name, seconds in took.items():
        print(f"  {seconds:7.3f} s  {name}")

    assert max(seconds for name, seconds in took.items() if not name.startswith("plain")) <= MOST_SECONDS


def _fill(site) -> None:
    partitions.ensure({date(2026, month, 1) for month in (3, 4, 5, 6)})
    told = {
        "site": site.pk,
        "first": datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC),
        "seconds": DAYS * 86_400 / DECISIONS,
        "visitors": VISITORS,
        "spots": SPOTS,
        "decisions": DECISIONS,
        "conversions": CONVERSIONS,
    }
    with connection.cursor() as cursor:
        for statement in (DECIDED, COUNTED, CONVERTED):
            cursor.execute(statement, told)
        cursor.execute("ANALYZE personalization_decision, personalization_dailyresult, personalization_conversion")


def _time(ask, *asked) -> float:
    """The best of three."""
    found = []
    for _ in range(3):
        begun = time.perf_counter()
        ask(*asked)
        found.append(time.perf_counter() - begun)
    return min(found)


def _plain(site, period: Period) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [site.pk, *period.bounds("UTC")])
        cursor.fetchall()
