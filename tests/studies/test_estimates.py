"""How long does an estimate take where a million visitors were active, does it say that it samples, and is it right?"""

import math
import statistics
import time
from collections import defaultdict
from datetime import date

import pytest
import redis
from django.conf import settings
from django.db import connection

from segments import audience
from segments.profile import Profile, fold
from segments.stored import pack
from sites import keys
from sites.models import Site
from tracking import event_table, partitions
from tracking.log.base import partition_of

pytestmark = [
    pytest.mark.study,
    pytest.mark.usefixtures("transactional_db", "redis_client"),
    pytest.mark.timeout(3_000),
]
VISITORS, EVENTS = 1_000_000, 3  # of each
TRIES = 7
MOST_SECONDS = 0.3

VISITED = """
INSERT INTO tracking_visitor (id, site_id, first_seen_at, last_seen_at, events, sessions, "user", channel, device,
    country)
SELECT md5(n::text)::uuid, %(site)s, now() - interval '20 days', now() - (n %% 1700000) * interval '1 second',
    %(events)s, 1, '', '', '', ''
FROM generate_series(1, %(visitors)s) AS n
"""
DONE = """
INSERT INTO tracking_event (site_id, message_id, at, received_at, visitor_id, seq, session, type, name, "user", path, host,
    title, device, browser, os, language, country, properties, traits, context)
SELECT %(site)s, n || '-' || k, now() - (n %% 1700000) * interval '1 second' - (%(events)s - k) * interval '1 minute', now(),
    md5(n::text)::uuid, k, 1, 'track', CASE WHEN k = 3 AND n %% 10 = 0 THEN 'Order Completed' ELSE 'Product Viewed' END, '', '',
    '', '', '', '', '', '', '', jsonb_build_object('category', 'c' || n %% 4, 'price', n %% 50, 'total', n %% 90), '{}', '{}'
FROM generate_series(1, %(visitors)s) AS n, generate_series(1, %(events)s) AS k
"""
ORDERED = {"event": "Order Completed", "in": {"days": 30}}
VIEWED = {"event": "Product Viewed", "where": {"category": "c1"}, "count": {"$gte": 2}, "in": {"days": 30}}
# name -> (condition, the share of visitors for whom it holds)
CONDITIONS = {
    "everybody": ({}, 1.0),
    "a number": ({"visitor.events": {"$gte": 2}}, 1.0),
    "a dear pattern": ({"visitor.path": {"$regex": "^/(a|b)*c.*[0-9]{2}"}}, 0.0),
    "an event row": ({"$did": VIEWED}, 0.25),
    "none of an event": ({"$did": ORDERED | {"count": {"$eq": 0}}}, 0.9),
    "worth": ({"$did": ORDERED | {"worth": {"$gte": 4500}}}, 4 / 90),
    "a share": ({"$did": {"event": "Product Viewed", "where": {"price": {"$gte": 25}}, "share": {"$gte": 60}}}, 0.5),
    "one after another": ({"$did": {"event": "Product Viewed", "then": {"event": "Order Completed"}, "within": {"hours": 1}}}, 0.1),
    "six event rows": ({"$or": [{"$did": ORDERED | {"count": {"$gte": n}, "where": {"total": {"$gte": n}}}} for n in range(1, 7)]}, 8 / 90),
}  # fmt: skip


def test_an_estimate_of_a_million_is_quick_or_says_that_it_samples(site):
    _fill(site)
    print(f"\n{VISITORS:,} visitors, {VISITORS * EVENTS:,} events; {TRIES} estimates of each, seconds:")
    for name, (condition, share) in CONDITIONS.items():
        took, found = [], audience.estimate_of(site, condition)
        for _ in range(TRIES):
            begun = time.perf_counter()
            found = audience.estimate_of(site, condition)
            took.append(time.perf_counter() - begun)
        error = 4 * math.sqrt(share * (1 - share) / found.looked_at)
        print(
            f"  {statistics.median(took):6.3f} (most {max(took):.3f})  {name}: {found.visitors:,} of {found.active:,},"
            f" {found.looked_at:,} looked at"
        )
        assert found.is_sample or max(took) <= MOST_SECONDS
        assert found.looked_at >= audience.LEAST
        assert abs(found.visitors / found.active - share) <= error + 1e-6, name
        assert found.active == VISITORS


def _fill(site: Site) -> None:
    today = date.today()
    partitions.ensure(
        {date(today.year, today.month, 1), date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)}
    )
    told = {"site": site.pk, "visitors": VISITORS, "events": EVENTS}
    with connection.cursor() as cursor:
        cursor.execute(VISITED, told)
        cursor.execute(DONE, told)
        cursor.execute("ANALYZE tracking_visitor, tracking_event")
        cursor.execute("SELECT id FROM tracking_visitor ORDER BY id LIMIT %s", [audience.MOST_ESTIMATED])
        first = [str(row[0]).replace("-", "") for row in cursor.fetchall()]
    # Only the profiles of these are read: a uniform sample, for ids are keyed hashes.
    profiles: defaultdict[str, Profile] = defaultdict(Profile)
    for visitor, event in event_table.of_visitors(first, ["Product Viewed", "Order Completed"]):
        fold(profiles[visitor], event)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for visitor, profile in profiles.items():
            client.set(keys.profile(partition_of(visitor, settings.LOG_PARTITIONS), visitor), pack(profile))
