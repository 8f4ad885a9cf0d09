"""How far do visitors come: a product, the cart, an order? Those who saw something, beside everybody.

Counted on the events of at most 1,024 visitors, of whom a sketch is a fair sample (`personalization.results.sketch`);
of fewer visitors on all of them.
"""

from typing import Any, NamedTuple

from django.db import connection, transaction

from campaigns.rates import Estimate, share
from personalization.models import DailyVisitors
from personalization.results import sketch
from personalization.results.period import Period
from personalization.results.reading import Counts, Scope
from sites.models import Site

STEPS = ("Looked at a product", "Put one into the cart", "Ordered")

# A step that was skipped was passed too, as when a cart is filled from a list. The lateral joins look into the index of
# visitors for each; the prefixes of ids that a sketch keeps are ranges there. Ids are made with the salt of their site,
# so no condition on it is needed, which might lead Postgres to the other index.
REACHED = """
SELECT count(*), count(*) FILTER (WHERE viewed OR added OR ordered), count(*) FILTER (WHERE added OR ordered),
    count(*) FILTER (WHERE ordered)
FROM (
    SELECT bool_or(name = 'Product Viewed') AS viewed, bool_or(name = 'Product Added') AS added,
        bool_or(name = 'Order Completed') AS ordered
    FROM unnest(%(since)s::uuid[], %(until)s::uuid[]) AS asked(since, until)
    CROSS JOIN LATERAL ({first}) AS first
    LEFT JOIN LATERAL (
        SELECT name FROM tracking_event
        WHERE visitor_id BETWEEN asked.since AND asked.until AND type = 'track'
          AND at >= coalesce(first.at, %(begin)s) AND at < %(end)s
          AND name IN ('Product Viewed', 'Product Added', 'Order Completed')
        OFFSET 0
    ) AS done ON true
    GROUP BY asked.since
) AS visitors
"""
AT_ONCE = "SELECT %(begin)s::timestamptz AS at"
AFTER_SEEING = """
SELECT min(at) AS at FROM tracking_event
WHERE visitor_id BETWEEN asked.since AND asked.until AND type = 'engagement'
  AND name IN ('Impression', 'Click') AND properties->>%(column)s = %(value)s AND at >= %(begin)s AND at < %(end)s
"""


class Step(NamedTuple):
    name: str
    reached: int  # of the sample
    share: Estimate | None  # of all in it


class Funnel(NamedTuple):
    """Of one group of visitors."""

    visitors: sketch.Number
    sample: int
    steps: list[Step]

    @property
    def is_sampled(self) -> bool:
        return self.sample < self.visitors.visitors


def of_everybody(site: Site, period: Period) -> Funnel:
    """Whoever did anything on the site in the period."""
    days = DailyVisitors.objects.filter(site=site, day__range=period).values_list("visitors", flat=True)
    return _funnel(site, period, sketch.join(map(bytes, days)), AT_ONCE)


def of_those_who_saw(site: Site, period: Period, scope: Scope, counts: Counts) -> Funnel:
    """The visitors of counts: what they did in the period after they first saw what the scope names."""
    ((column, value),) = scope.where.items()
    return _funnel(site, period, counts.seen_by, AFTER_SEEING, column=column, value=str(value))


def _funnel(site: Site, period: Period, visitors: bytes, first: str, **asked: str) -> Funnel:
    since, until = sketch.ranges(visitors)
    begin, end = period.bounds(site.time_zone)
    told: dict[str, Any] = {"since": since, "until": until, "begin": begin, "end": end} | asked
    with transaction.atomic(), connection.cursor() as cursor:
        # Where the table is small, or was not looked at lately, Postgres would read all of it for each visitor.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(REACHED.format(first=first), told)
        sample, *reached = cursor.fetchone()
    steps = [Step(name, number, share(number, sample)) for name, number in zip(STEPS, reached, strict=True)]
    return Funnel(sketch.count(visitors), sample, steps)
