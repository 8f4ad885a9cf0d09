"""Goals: what tests of conversions are written in."""

from campaigns.goals import OF_EVENT, FrozenGoal, Told
from campaigns.models import Goal
from sites.times import DAY_MS

ORDERS = FrozenGoal(1, "orders", "Order Completed", {}, OF_EVENT, 0, "", 7 * DAY_MS)


def told(name="Order Completed", *, type="track", currency="", **properties) -> Told:
    return Told(type, name, properties, currency)


def make_goal(site, event="Order Completed", **fields) -> Goal:
    """The goal of this site that counts this event, made where there is none yet."""
    if not fields and (existing := Goal.objects.filter(site=site, event=event).first()):
        return existing
    key = event.lower().replace(" ", "-")
    return Goal.objects.create(
        **{"site": site, "key": key, "name": event, "event": event, "value_kind": OF_EVENT} | fields
    )
