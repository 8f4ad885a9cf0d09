"""What can a segment begin from? Usual audiences, in the words of the site: its favourite category, its source."""

from collections.abc import Iterator
from dataclasses import dataclass

from segments import known_values, seen
from segments.clustering.base import CLUSTER
from segments.conditions.shapes import Condition
from segments.models import ModelVersion
from sites.models import Site


@dataclass(frozen=True)
class Starter:
    key: str
    name: str
    sentence: str
    condition: Condition


def starters(site: Site) -> list[Starter]:
    """Those whose words the site has. Four queries."""
    return list(_starters(site))


def starter(site: Site, key: str) -> Starter | None:
    begun = [*_starters(site), *_clusters(site)] if key.startswith(CLUSTER) else _starters(site)
    return next((one for one in begun if one.key == key), None)


def _clusters(site: Site) -> Iterator[Starter]:
    """Of the model in use: who is in one is known only then."""
    model = ModelVersion.objects.filter(site=site, family=CLUSTER, status=ModelVersion.Status.PROMOTED).first()
    for cluster in model.clusters if model else []:
        name = cluster["name"]
        sentence = f"Whom the model in use counts among “{name}”."
        # By its number, which stays whatever it is called.
        yield Starter(f"{CLUSTER}-{cluster['id']}", name, sentence, {"cluster.id": cluster["id"]})


def _starters(site: Site) -> Iterator[Starter]:
    category, source = (_first(site, name) for name in ("feature.top_category", "referral.source"))
    events = {one.value for one in seen.events(site)}
    if {"Product Viewed", "Order Completed"} <= events:
        yield Starter(
            "undecided",
            "Three products seen, nothing ordered",
            "Looked at three products or more in this session, and ordered nothing in 30 days.",
            {
                "$and": [
                    {"$did": {"event": "Product Viewed", "count": {"$gte": 3}, "in": "session"}},
                    {"$did": {"event": "Order Completed", "count": {"$eq": 0}, "in": {"days": 30}}},
                ]
            },
        )
    if category:
        yield Starter(
            "fans",
            f"Likes {category}",
            f"{category} is their favourite category, and they have not bought yet.",
            {"feature.top_category": category, "visitor.orders": 0},
        )
    if source:
        yield Starter("from", f"From {source}", f"This visit came from {source}.", {"referral.source": source})
    yield Starter("new", "New visitors", "They are here for the first time.", {"visitor.new": True})
    yield Starter(
        "cart",
        "Left a cart behind",
        "There is something in the cart, untouched for half an hour.",
        {"feature.cart_value": {"$gt": 0}, "feature.cart_idle_minutes": {"$gte": 30}},
    )
    yield Starter(
        "comparing",
        "Comparing prices",
        "Looked at a comparison in this session, and has not bought yet.",
        {"feature.comparison_pages": {"$gte": 1}, "visitor.orders": 0},
    )
    yield Starter("once", "Bought once", "One order so far: the second one is the hard one.", {"visitor.orders": 1})
    yield Starter("best", "Best customers", "Three orders or more.", {"visitor.orders": {"$gte": 3}})
    yield Starter(
        "back",
        "Back after a month",
        "The visit before this one was 30 days ago or more.",
        {"feature.days_since_last_visit": {"$gte": 30}},
    )


def _first(site: Site, attribute: str) -> str:
    found = known_values.find(site, attribute, most=1).values
    return found[0].value if found and found[0].visitors else ""
