"""What may a condition speak of? The registry of all attributes, and their values for one visitor, computed when asked
for.

The rule builder, the audience estimate and the edge read this registry. An attribute with a `member` heads an open
family, whose members end in a word of their own: `visitor.trait.<name>`, `cluster.p.<id>`. Its row says everything
about them, too.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from segments import domains, features, tallies
from segments.clustering.base import CLUSTER, MIN_EVENTS
from segments.conditions.event_rows import PREFIX
from segments.conditions.shapes import Values
from segments.conditions.values import walk
from segments.domains import Domain
from segments.features import FEATURES, current
from segments.state import Profile
from sites.times import DAY_MS, HOUR_MS
from tracking.sources import source_name, word

TRAIT = "visitor.trait."  # before the name of a trait
Compute = Callable[["Attributes"], Any]
Member = Callable[["Attributes", str], Any]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that conditions may speak of."""

    name: str
    title: str
    type: str  # number text boolean list
    sentence: str  # for marketers
    compute: Compute
    unit: str = ""
    domain: Domain = domains.ANY  # of a family: that of each member
    member: Member | None = None  # of an open family: the value of the member with this end
    spelling: Callable[[str], str] | None = None  # of a word that many write in their own way: how it is written here

    @property
    def group(self) -> str:
        return self.name.partition(".")[0]

    def spell(self, text: str) -> str:
        """What is compared with, whatever somebody typed; words that have no other spelling come back as they are."""
        if self.spelling:
            return self.spelling(text)
        lowered = text.lower()
        return lowered if lowered in self.domain.choices else text


class Attributes(dict[str, Any]):
    """Attributes of one visitor at one moment, each computed when first asked for; an unknown name is None.

    `context` has the `context.*` values by their names without the prefix. `segments` are (key, test on attributes); a
    segment's condition may not speak of segments, so while segments are tested `segment` is an empty list. `models` are
    the trained ones by the group of the attributes that they give (`cluster`); without one those are None.
    """

    __slots__ = ("context", "models", "now", "profile", "segments")

    def __init__(
        self,
        profile: Profile,
        now: int,
        context: Mapping[str, Any] | None = None,
        segments: Iterable[tuple[str, Callable[[Values], bool]]] = (),
        models: Mapping[str, Any] | None = None,
    ):
        # A dict is empty without being told; every decision makes one of these.
        self.profile, self.now, self.context = profile, now, context or {}
        self.segments, self.models = segments, models or {}

    def __missing__(self, name: str) -> Any:
        value = self[name] = COMPUTE[name](self)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        value = self[name]
        return default if value is None else value


class Computes(dict[str, Compute]):
    """What computes each listed attribute; of the others each is made when asked for, and not kept: their names are
    the conditions' to choose."""

    def __missing__(self, name: str) -> Compute:
        for prefix, member in MEMBERS:
            if name.startswith(prefix):
                return lambda attributes: member(attributes, name[len(prefix) :])
        return nothing


def nothing(attributes: Attributes) -> None:
    """The value of an attribute that nobody knows."""


def attribute_of(name: str) -> Attribute | None:
    """What the registry says of this name, be it listed or a member of an open family; None for an unknown one."""
    known = ATTRIBUTES.get(name)
    if known is not None:
        return known
    family = next((family for family in FAMILIES if name.startswith(f"{family.name}.")), None)
    end = name[len(family.name) + 1 :] if family else ""
    if family is None or not end:
        return None
    return replace(family, name=name, title=f"{family.title} {end}", compute=itemgetter(name), member=None)


# --- what needs more than a look ------------------------------------------------------------------


def segments_of(attributes: Attributes) -> list[str]:
    attributes["segment"] = []
    return [key for key, holds in attributes.segments if holds(attributes)]


def assignment(attributes: Attributes) -> tuple[int, list[float]] | None:
    """Position of the nearest cluster and the memberships, once per visitor and moment; None without a model or much to
    go by."""
    model = attributes.models.get(CLUSTER)
    if model is None or attributes.profile.events < MIN_EVENTS:
        return None
    return model.assign(features.vector(attributes.profile, attributes.now, model.features))


def cluster_id(attributes: Attributes) -> int | None:
    found = attributes[CLUSTER]
    return None if found is None else attributes.models[CLUSTER].ids[found[0]]


def cluster_name(attributes: Attributes) -> str | None:
    found = attributes[CLUSTER]
    return None if found is None else attributes.models[CLUSTER].names[found[0]]


def memberships(attributes: Attributes) -> dict[str, float]:
    """Cluster id (as text) -> membership; sums to 1."""
    found = attributes[CLUSTER]
    if found is None:
        return {}
    return dict(zip(map(str, attributes.models[CLUSTER].ids), found[1], strict=True))


def membership(attributes: Attributes, cluster: str) -> float | None:
    return memberships(attributes).get(cluster)


def did(attributes: Attributes, row: str) -> float | None:
    return tallies.number(attributes.profile, row, attributes.now)


def trait(attributes: Attributes, path: str) -> Any:
    """By its name, else step by step along the dots: `address.city` is a part of the trait `address`."""
    traits = attributes.profile.traits
    value = traits.get(path)
    return walk(traits, path) if value is None and "." in path else value


def days_known(attributes: Attributes) -> float:
    profile = attributes.profile
    return max(attributes.now - profile.first_at, 0) / DAY_MS if profile.first_at else 0.0


def session_number(attributes: Attributes) -> int:
    """By time: a session that is told late counts before the one in progress, though its number is higher."""
    profile = attributes.profile
    return profile.sessions if current(profile, attributes.now).number else 0


def session_categories(attributes: Attributes) -> list[str]:
    return sorted(current(attributes.profile, attributes.now).categories)


def personalization_allowed(attributes: Attributes) -> bool:
    return attributes.profile.consent in ("", "granted")


def personalization_agreed(attributes: Attributes) -> bool:
    return attributes.profile.consent == "granted"


def address(attributes: Attributes) -> str | None:
    """From its two parts, which are in the decision's record: so it can be repeated without being kept."""
    host = attributes.context.get("host")
    return host + attributes.context.get("path", "") if host else None


def hour(attributes: Attributes) -> int:
    known = attributes.context.get("hour")
    return attributes.now // HOUR_MS % 24 if known is None else known


def weekday(attributes: Attributes) -> int:
    """1 Monday - 7 Sunday."""
    known = attributes.context.get("weekday")
    return (attributes.now // DAY_MS + 3) % 7 + 1 if known is None else known


# --- kinds of look --------------------------------------------------------------------------------


def profile_value(field: str) -> Compute:
    return lambda attributes: getattr(attributes.profile, field)


def session_value(field: str) -> Compute:
    return lambda attributes: getattr(current(attributes.profile, attributes.now), field)


def of_touch(touch: Callable[[Profile], Any], field: str) -> Compute:
    return lambda attributes: getattr(touch(attributes.profile), field) or None


def spelled(touch: Callable[[Profile], Any], field: str, spelling: Callable[[str], str]) -> Compute:
    """Of profiles, too, that remember what was written before sources had one name each."""
    return lambda attributes: spelling(getattr(touch(attributes.profile), field)) or None


def of_context(field: str, known: str = "") -> Compute:
    """From the request, else what the profile remembers under the name `known`."""
    if not known:
        return lambda attributes: attributes.context.get(field) or None
    return lambda attributes: attributes.context.get(field) or getattr(attributes.profile, known) or None


def of_feature(feature: features.Feature) -> Attribute:
    def compute(attributes: Attributes) -> Any:
        return feature.compute(attributes.profile, attributes.now)

    kind = "text" if feature.unit == "text" else "number"
    unit = "" if feature.unit == "text" else feature.unit
    usual = None if kind == "text" else (feature.low, feature.high)
    domain = replace(feature.domain, usual=usual)
    return Attribute(f"feature.{feature.name}", feature.title, kind, feature.sentence, compute, unit, domain)


def visit(profile: Profile) -> Any:
    return profile.session.touch


def first(profile: Profile) -> Any:
    return profile.first_touch


def last(profile: Profile) -> Any:
    return profile.last_touch


# Each: name, title, kind and sentence; then how it is computed, the unit, and what is known of its values.
_ALL = (
    Attribute("segment", "Segment", "list", "Keys of the segments that the visitor is in.",
              segments_of, domain=domains.SURE),
    Attribute("cluster.id", "Cluster", "number", "The cluster whose visitors this one resembles most.",
              cluster_id, domain=domains.IDENTIFIER),
    Attribute("cluster.name", "Name of the cluster", "text",
              "Name of the cluster whose visitors this one resembles most.",
              cluster_name),
    Attribute("cluster.p", "Likeness to cluster", "number",
              "How much the visitor resembles a cluster, 0 to 1: cluster.p.<id>.",
              memberships, member=membership, domain=domains.SHARE),
    Attribute("visitor.known", "Signed in before", "boolean", "The visitor has told who they are.",
              lambda attributes: bool(attributes.profile.user), domain=domains.SURE),
    Attribute("visitor.new", "New visitor", "boolean", "This is the visitor's first session.",
              lambda attributes: attributes.profile.sessions <= 1, domain=domains.SURE),
    Attribute("visitor.sessions", "Sessions ever", "number", "Visits since we know this visitor.",
              profile_value("sessions"), "sessions", domain=domains.COUNT),
    Attribute("visitor.events", "Events ever", "number", "Events since we know this visitor.",
              profile_value("events"), "events", domain=domains.COUNT),
    Attribute("visitor.orders", "Orders ever", "number", "Orders completed since we know this visitor.",
              profile_value("orders"), "orders", domain=domains.COUNT),
    Attribute("visitor.days_known", "Days since first seen", "number", "Time since the first event of this visitor.",
              days_known, "days", domain=domains.LEVEL),
    Attribute("visitor.searches", "Latest searches", "list", "The latest terms searched for, five at most.",
              profile_value("terms"), domain=domains.SURE),
    Attribute("visitor.trait", "Trait", "text",
              "A trait told by identify, such as visitor.trait.plan; "
              "parts of it by dots, such as visitor.trait.address.city.",
              profile_value("traits"), member=trait),
    Attribute("session.number", "Number of the session", "number",
              "How many sessions there were with this one; 1 in the first.",
              session_number, domain=domains.COUNT),
    Attribute("session.pages", "Pages this session", "number", "Pages opened in this session.",
              session_value("pages"), "pages", domain=domains.COUNT),
    Attribute("session.events", "Events this session", "number", "Events of this session.",
              session_value("events"), "events", domain=domains.COUNT),
    Attribute("session.categories", "Categories this session", "list", "Categories looked at in this session.",
              session_categories, domain=domains.SURE),
    Attribute("session.landing_path", "Landing page", "text", "Path of the first page of this session.",
              session_value("landing_path")),
    Attribute("session.longest_product", "Longest seen product", "text",
              "Product whose page was visible longest this session.",
              session_value("longest_product")),
    Attribute("referral.channel", "Channel", "text", "Where this visit came from.",
              of_touch(visit, "channel"), domain=domains.CHANNEL),
    Attribute("referral.source", "Source", "text", "Site, engine or list that this visit came from.",
              spelled(visit, "source", source_name), spelling=source_name),
    Attribute("referral.medium", "Medium", "text", "Medium of the link (utm_medium) that this visit came from.",
              spelled(visit, "medium", word), spelling=word),
    Attribute("referral.campaign", "Campaign", "text",
              "Campaign of the link (utm_campaign) that this visit came from.",
              spelled(visit, "campaign", word), spelling=word),
    Attribute("referral.first_channel", "First channel", "text", "Where the first visit came from.",
              of_touch(first, "channel"), domain=domains.CHANNEL),
    Attribute("referral.first_source", "First source", "text", "Site, engine or list that the first visit came from.",
              spelled(first, "source", source_name), spelling=source_name),
    Attribute("referral.first_campaign", "First campaign", "text", "Campaign that the first visit came from.",
              spelled(first, "campaign", word), spelling=word),
    Attribute("referral.last_channel", "Last channel", "text",
              "Where the latest visit came from that was not direct.",
              of_touch(last, "channel"), domain=domains.CHANNEL),
    Attribute("referral.last_campaign", "Last campaign", "text", "Campaign of the latest visit that was not direct.",
              spelled(last, "campaign", word), spelling=word),
    Attribute("context.device", "Device", "text", "What the visitor uses now.",
              of_context("device", "device"), domain=domains.DEVICE),
    Attribute("context.browser", "Browser", "text", "The visitor's browser.",
              of_context("browser", "browser")),
    Attribute("context.os", "Operating system", "text", "The visitor's operating system.",
              of_context("os")),
    Attribute("context.country", "Country", "text", "Country, as two letters (ISO 3166).",
              of_context("country", "country"), spelling=str.upper),
    Attribute("context.language", "Language", "text", "Language, as two letters.",
              of_context("language", "language"), spelling=str.lower),
    Attribute("context.url", "Address", "text",
              "Host and path of the page that asks, as in shop.example/sale; never its query.",
              address),
    Attribute("context.path", "Path", "text", "Path of the page that asks.",
              of_context("path", "path")),
    Attribute("context.host", "Host", "text", "Host name of the page that asks.",
              of_context("host")),
    Attribute("context.hour", "Hour", "number", "Hour of the day in the site's time zone, 0 to 23.",
              hour, "h", domain=domains.HOUR),
    Attribute("context.weekday", "Weekday", "number", "1 Monday to 7 Sunday, in the site's time zone.",
              weekday, "weekday", domain=domains.WEEKDAY),
    Attribute("consent.personalization", "May be personalised", "boolean",
              "The visitor has not objected to personalisation.",
              personalization_allowed, domain=domains.SURE),
    Attribute("consent.given", "Consent given", "boolean", "The visitor has agreed to personalisation.",
              personalization_agreed, domain=domains.SURE),
    *map(of_feature, FEATURES.values()),
)  # fmt: skip

ATTRIBUTES: dict[str, Attribute] = {attribute.name: attribute for attribute in _ALL}
COMPUTE = Computes({name: attribute.compute for name, attribute in ATTRIBUTES.items()} | {CLUSTER: assignment})
FAMILIES = tuple(attribute for attribute in _ALL if attribute.member)
# Event rows have no row in the registry: a condition asks for their numbers by `$did`.
MEMBERS = ((PREFIX, did), *((f"{attribute.name}.", attribute.member) for attribute in _ALL if attribute.member))
