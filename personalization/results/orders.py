"""Which orders, or other goals, were earned? The one place where pages of results read conversions.

An event or order is credited once (`personalization.attribution`), so what is credited can be added up.
"""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet, Sum

from campaigns.models import Goal
from personalization.models import Conversion
from personalization.results.period import Period
from personalization.results.reading import DIMENSIONS, EVERYTHING, Scope
from sites.models import Site
from sites.times import ms_of

ORDER = "Order Completed"

# When it was decided is what a decision's id begins with, where it is one of ours (UUID of version 7): ids compare as
# those moments do. The row without a value is of all together.
BUYERS = """
SELECT {column}, count(DISTINCT visitor_id) FROM personalization_conversion
WHERE site_id = %s AND at >= %s AND at < %s AND is_credited AND {where}
    AND (decision_id >= %s OR substr(decision_id::text, 15, 1) <> '7')
GROUP BY GROUPING SETS ({sets})
"""


class Touched(NamedTuple):
    orders: int
    value_minor: int


def touched(site: Site, since: datetime, until: datetime, scope: Scope = EVERYTHING) -> Touched:
    sums = _credited(site, since, until, scope).aggregate(orders=Count("id"), value=Sum("value_minor", default=0))
    return Touched(sums["orders"], sums["value"])


def buyers(site: Site, period: Period, dimension: str = "", scope: Scope = EVERYTHING) -> dict[Any, int]:
    """Of the visitors who saw it in the period, how many reached the goal in it: by the value of the dimension, and
    under None all together. Who saw it before the period is not among those who saw it, and not among these."""
    where, value = _where(scope)
    since, until = period.bounds(site.time_zone)
    column, sets = (DIMENSIONS[dimension], f"({DIMENSIONS[dimension]}), ()") if dimension else ("NULL", "()")
    first_id = UUID(int=ms_of(since) << 80)
    with connection.cursor() as cursor:
        cursor.execute(BUYERS.format(column=column, where=where, sets=sets), [site.pk, since, until, *value, first_id])
        return dict(cursor.fetchall())


def noun(site: Site) -> str:
    """What the goals of a site count: "orders" where all of them are orders, else "conversions"."""
    events = set(Goal.objects.filter(site=site).values_list("event", flat=True))
    return "orders" if events <= {ORDER} else "conversions"


def _credited(site: Site, since: datetime, until: datetime, scope: Scope) -> QuerySet[Conversion]:
    return Conversion.objects.filter(site=site, at__gte=since, at__lt=until, is_credited=True, **scope.where)


def _where(scope: Scope) -> tuple[str, list[Any]]:
    """A condition on columns of ours, and its value."""
    if not scope.dimension:
        return "true", []
    return f"{DIMENSIONS[scope.dimension]} = %s", [scope.value]
