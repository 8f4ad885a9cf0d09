"""Which orders, or other goals, were earned? The one place where pages of results read conversions.

An order that several campaigns earned is one in every sum here (`touched`, `touched_by_day`), whatever it counts for
each of them.
"""

from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from campaigns.models import Goal
from personalization.results.period import Period
from personalization.results.reading import DIMENSIONS, EVERYTHING, Scope
from sites.models import Site

ORDER = "Order Completed"

# Who told of it does not matter, nor how many campaigns it was credited to. What it was worth to one of them may be
# nothing; the most is what it was.
_ONCE = """
SELECT max(at) AS at, max(value_minor) AS value_minor FROM personalization_conversion
WHERE site_id = %s AND at >= %s AND at < %s AND campaign_id > 0 AND {where}
GROUP BY CASE WHEN order_id = '' THEN 'm' || message_id ELSE 'o' || order_id END
"""
TOUCHED = "SELECT count(*), coalesce(sum(value_minor), 0) FROM ({once}) AS orders"
BY_DAY = """
SELECT (at AT TIME ZONE %s)::date AS day, count(*), sum(value_minor) FROM ({once}) AS orders GROUP BY day
"""
# When it was decided is what a decision's id begins with, where it is one of ours (UUID of version 7).
BUYERS = """
SELECT {column}, count(DISTINCT visitor_id) FROM personalization_conversion
WHERE site_id = %s AND at >= %s AND at < %s AND {where} AND (
    substr(decision_id::text, 15, 1) <> '7'
    OR ('x' || translate(left(decision_id::text, 13), '-', ''))::bit(48)::bigint >= extract(epoch FROM %s) * 1000
)
GROUP BY 1
"""


class Touched(NamedTuple):
    orders: int
    value_minor: int


def touched(site: Site, since: datetime, until: datetime, scope: Scope = EVERYTHING) -> Touched:
    where, value = _where(scope)
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED.format(once=_ONCE.format(where=where)), [site.pk, since, until, *value])
        return Touched(*map(int, cursor.fetchone()))


def touched_by_day(site: Site, period: Period, scope: Scope = EVERYTHING) -> dict[date, Touched]:
    """By the day of the site's time zone; days without any are left out."""
    where, value = _where(scope)
    asked = [site.time_zone, site.pk, *period.bounds(site.time_zone), *value]
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY.format(once=_ONCE.format(where=where)), asked)
        return {day: Touched(orders, int(value_minor)) for day, orders, value_minor in cursor.fetchall()}


def buyers(site: Site, period: Period, dimension: str = "", scope: Scope = EVERYTHING) -> dict[Any, int]:
    """Of the visitors who saw it in the period, how many reached the goal in it, by the value of the dimension; without
    one, by the site. Who saw it before the period is not among those who saw it, and not among these."""
    where, value = _where(scope)
    since, until = period.bounds(site.time_zone)
    column = DIMENSIONS[dimension] if dimension else "site_id"
    with connection.cursor() as cursor:
        cursor.execute(BUYERS.format(column=column, where=where), [site.pk, since, until, *value, since])
        return dict(cursor.fetchall())


def noun(site: Site) -> str:
    """What the goals of a site count: "orders" where all of them are orders, else "conversions"."""
    events = set(Goal.objects.filter(site=site).values_list("event", flat=True))
    return "orders" if events <= {ORDER} else "conversions"


def _where(scope: Scope) -> tuple[str, list[Any]]:
    """A condition on columns of ours, and its value."""
    if not scope.dimension:
        return "true", []
    return f"{DIMENSIONS[scope.dimension]} = %s", [scope.value]
