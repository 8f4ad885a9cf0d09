"""Which values have the attributes of a site's visitors had, and how many visitors have each? For pickers, and for
"did you mean".

Counted by the pass that measures segments (`audience.measure`), of each visitor as of their latest event, so a number
beside a value is what "is" this value would reach among the active. What only the catalogue knows counts nobody.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Case, QuerySet, When

from segments.attributes import ATTRIBUTES, TRAIT, Attributes
from segments.models import KnownValue, ValuesCounted
from segments.profile import Profile
from segments.state import Trait
from segments.typed_values import UNTYPED, Fields
from sites.models import Site

MOST = 10_000  # values of one attribute that are kept, those of most visitors
MOST_TRAITS = 200  # names of traits
MOST_SHOWN = 20
MOST_COMPARED = 2_000  # values among which a misspelt one is looked for
LONGEST = 200  # characters; longer ones are no words to pick
UNTYPED_FIELDS = Fields(lambda attribute: UNTYPED, "")
# Attributes whose values are words that nobody lists beforehand.
PICKED = tuple(
    attribute.name
    for attribute in ATTRIBUTES.values()
    if attribute.type in ("text", "list")
    and attribute.member is None
    and not attribute.domain.choices
    and attribute.name not in ("segment", "cluster.name")
)


class Told(NamedTuple):
    """A value that somebody else than a visitor told of, such as the catalogue; `label` is its name, where it has one
    of its own."""

    attribute: str
    value: str
    label: str = ""


# Apps above name who else knows values, because this app may not import them.
_SOURCES: list[Callable[[Site], Iterable[Told]]] = []


def register_source(source: Callable[[Site], Iterable[Told]]) -> None:
    _SOURCES.append(source)


@dataclass(slots=True)
class Gathering:
    """What is counted, visitor by visitor, within the memory of some times `MOST` values an attribute."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    looked_at: int = 0

    def add(self, profile: Profile) -> None:
        self.looked_at += 1
        attributes = Attributes(profile, profile.last_at)
        for name in PICKED:
            self._count(name, attributes[name])
        for path, value in _leaves(profile.traits):
            if TRAIT + path in self.counts or len(self.counts) < len(PICKED) + MOST_TRAITS:
                self._count(TRAIT + path, value)

    def _count(self, name: str, value: Any) -> None:
        values = value if isinstance(value, list) else (value,)
        counter = self.counts.setdefault(name, Counter())
        typed = as_trait if name.startswith(TRAIT) else as_word
        counter.update({text for text in map(typed, values) if text})
        if len(counter) > 2 * MOST:
            self.counts[name] = Counter(dict(counter.most_common(MOST)))


def _leaves(traits: dict[str, Trait]) -> Iterator[tuple[str, Any]]:
    """(path, value) of what a condition can compare with: parts of an object by one dot."""
    for name, value in traits.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{part}", inner) for part, inner in value.items() if not isinstance(inner, dict))
        else:
            yield name, value


def as_word(value: Any) -> str:
    """ "" for what nobody would type."""
    is_word = isinstance(value, str) and 0 < len(value) <= LONGEST and value == value.strip() and value.isprintable()
    return value if is_word else ""


def as_trait(value: Any) -> str:
    """Of whatever type, so that reading it gives the same value again; "" for what nobody would type."""
    if isinstance(value, str) and not as_word(value):
        return ""
    return UNTYPED_FIELDS.write("", value) or ""


@transaction.atomic
def store(site: Site, gathered: Gathering, active: int, at: datetime) -> None:
    """In place of what was known before; only what differs is written. A sample is scaled to the `active` visitors."""
    scale = active / gathered.looked_at if gathered.looked_at and active > gathered.looked_at else 1
    fresh = {
        (name, value): (round(number * scale), "")
        for name, counter in gathered.counts.items()
        for value, number in counter.most_common(MOST)
    }
    for source in _SOURCES:
        for told in source(site):
            if as_word(told.value):
                number, _ = fresh.get((told.attribute, told.value), (0, ""))
                fresh[told.attribute, told.value] = number, told.label[:LONGEST]
    stored = {(row.attribute, row.value): row for row in KnownValue.objects.filter(site=site)}
    gone = [row.pk for key, row in stored.items() if key not in fresh]
    changed = [row for key, row in stored.items() if key in fresh and fresh[key] != (row.visitors, row.label)]
    for row in changed:
        row.visitors, row.label = fresh[row.attribute, row.value]
        row.folded = fold(row.value, row.label)
    new = [
        KnownValue(site=site, attribute=name, value=value, label=label, folded=fold(value, label), visitors=number)
        for (name, value), (number, label) in fresh.items()
        if (name, value) not in stored
    ]
    KnownValue.objects.filter(pk__in=gone).delete()
    KnownValue.objects.bulk_update(changed, ["visitors", "label", "folded"], batch_size=1000)
    KnownValue.objects.bulk_create(new, batch_size=1000, ignore_conflicts=True)
    ValuesCounted.objects.update_or_create(site=site, defaults={"at": at})


def fold(value: str, label: str = "") -> str:
    return f"{value} {label}".strip().casefold()


# --- asking -----------------------------------------------------------------------------------------


class Found(NamedTuple):
    """`total` values hold the text; `values` are the first of them."""

    values: list[KnownValue]
    total: int


def find(site: Site, attribute: str, text: str = "", most: int = MOST_SHOWN) -> Found:
    """Values that contain the text, whatever its capitals: those that begin with it first, then those of most
    visitors. Two queries."""
    folded = text.strip().casefold()
    rows = _of(site, attribute)
    if folded:
        rows = rows.filter(folded__contains=folded)
    begins = Case(When(folded__startswith=folded, then=0), default=1)
    return Found(list(rows.order_by(begins, "-visitors", "value")[:most]), rows.count())


def counted_at(site: Site) -> datetime | None:
    return ValuesCounted.objects.filter(site=site).values_list("at", flat=True).first()


def nearest(site: Site, attribute: str, typed: str) -> KnownValue | None:
    """The value that somebody may have meant who typed one that nobody had; None for a value that was seen, where
    nothing is near, and where nothing is known. Four queries at most."""
    rows, folded = _of(site, attribute), fold(typed)
    if not folded or rows.filter(value=typed).exists():
        return None
    if same := rows.filter(folded__startswith=folded).order_by("-visitors", "value").first():
        return same
    if holding := rows.filter(folded__contains=folded).order_by("-visitors", "value").first():
        return holding
    by_text = {row.value.casefold(): row for row in reversed(rows.order_by("-visitors", "value")[:MOST_COMPARED])}
    near = get_close_matches(folded, by_text, 1, 0.7)
    return by_text[near[0]] if near else None


def is_unseen(site: Site, attribute: str, typed: str) -> bool:
    """Whether nobody ever had this value, of an attribute of which values are known."""
    rows = _of(site, attribute)
    return rows.exists() and not rows.filter(value=typed).exists()


def _of(site: Site, attribute: str) -> QuerySet[KnownValue]:
    return KnownValue.objects.filter(site=site, attribute=attribute)
