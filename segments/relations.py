"""What do attributes of one visitor have to do with each other, whatever happened? As data, ready for a solver. Pure.

`RELATIONS` is written in a language of three words. Each is a promise about every history:

- `Same(one, other)`: two names for one value.
- `NotAbove(lower, upper)`: a number is never above another one, where both are known.
- `Always(condition)`: a condition (`segments.conditions`) that holds for everybody. Most say that two claims go
together.

A condition that no values within their domains (`Attribute.domain`) and relations can fulfil holds for nobody. What is
not said here may be so or not. Three things look as if they were always so, and are not: that pages of one category are
pages viewed (a product that a server tells of is no page), that the longest time on a product is part of the time on
products (a page may stay open from one session to the next), and that a fading sum is less than the whole one (rounding
takes its last digit).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segments.conditions import matches
from segments.conditions.shapes import Condition


@dataclass(frozen=True, slots=True)
class Same:
    one: str
    other: str

    def holds(self, attributes: Mapping[str, Any]) -> bool:
        return bool(attributes[self.one] == attributes[self.other])


@dataclass(frozen=True, slots=True)
class NotAbove:
    lower: str
    upper: str

    def holds(self, attributes: Mapping[str, Any]) -> bool:
        lower, upper = attributes[self.lower], attributes[self.upper]
        return lower is None or upper is None or bool(lower <= upper)


@dataclass(frozen=True, slots=True)
class Always:
    condition: Condition

    def holds(self, attributes: Mapping[str, Any]) -> bool:
        return matches(self.condition, attributes)


Relation = Same | NotAbove | Always


def _join(*claims: Condition) -> Always:
    """All of the claims hold, or none of them."""
    return Always({"$or": [{"$and": list(claims)}, {"$nor": list(claims)}]})


def _implies(claim: Condition, consequence: Condition) -> Always:
    return Always({"$or": [{"$not": claim}, consequence]})


RELATIONS: tuple[Relation, ...] = (
    # one value, two names
    Same("visitor.sessions", "feature.sessions_total"),
    Same("visitor.orders", "feature.orders_total"),
    Same("session.pages", "feature.pages_viewed"),
    Same("referral.channel", "feature.channel"),
    Same("referral.first_channel", "feature.first_channel"),
    # claims that go together
    _join({"visitor.new": True}, {"visitor.sessions": {"$lte": 1}}, {"feature.is_new": 1}),
    _join({"feature.paid_arrival": 1}, {"feature.channel": {"$in": ["paid", "ads"]}}),
    _join({"feature.is_mobile": 1}, {"feature.device": {"$in": ["mobile", "tablet"]}}),
    _join({"feature.cart_items": {"$gt": 0}}, {"feature.cart_idle_minutes": {"$exists": True}}),
    _join({"feature.top_category": {"$exists": True}}, {"feature.category_focus": {"$exists": True}}),
    _join({"feature.session_category": {"$exists": True}}, {"feature.categories_viewed": {"$gt": 0}}),
    _join({"feature.last_search": {"$exists": True}}, {"feature.search_terms": {"$gt": 0}}),
    _join({"cluster.id": {"$exists": True}}, {"cluster.name": {"$exists": True}}),
    _join({"context.url": {"$exists": True}}, {"context.host": {"$exists": True}}),
    _join({"session.number": {"$gt": 0}}, {"session.events": {"$gt": 0}}),
    _join({"visitor.events": {"$gt": 0}}, {"feature.days_since_first_seen": {"$exists": True}}),
    # one claim follows from another
    _implies({"consent.given": True}, {"consent.personalization": True}),
    _implies({"feature.cart_value": {"$gt": 0}}, {"feature.cart_items": {"$gt": 0}}),
    _implies({"feature.average_order_value": {"$exists": True}}, {"visitor.orders": {"$gt": 0}}),
    _implies({"feature.days_since_last_visit": {"$exists": True}}, {"visitor.new": False}),
    _implies({"session.number": {"$gt": 0}}, {"visitor.sessions": {"$gt": 0}}),
    # a part is no more than the whole
    NotAbove("session.number", "visitor.sessions"),
    NotAbove("session.pages", "session.events"),
    NotAbove("session.events", "visitor.events"),
    NotAbove("feature.pages_viewed", "feature.pages_total"),
    NotAbove("feature.products_viewed", "feature.product_views_total"),
    NotAbove("feature.product_seconds", "feature.time_on_site"),
    NotAbove("feature.sessions_30d", "feature.sessions_total"),
    NotAbove("feature.orders_30d", "feature.orders_total"),
    NotAbove("feature.revenue_30d", "feature.revenue_total"),
    NotAbove("feature.orders_unpriced", "feature.orders_total"),
    NotAbove("feature.days_since_last_visit", "feature.days_since_first_seen"),
    NotAbove("feature.days_since_order", "feature.days_since_first_seen"),
)
