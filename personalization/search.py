"""Where is what somebody calls by this name? One search over pages, help and everything that people make, for those
who may see it."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, CharField, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.urls import reverse

from personalization import handbook
from personalization.kinds import KINDS, Kind, address_of
from personalization.navigation import MAKING, pages_for
from sites.models import Site
from tracking import visitors
from tracking.models import Visitor

EACH = 5  # of one kind
LONGEST = 100  # characters of a search
VISITORS = len(KINDS)  # among the numbers of kinds
TEXT = CharField()


class Found(NamedTuple):
    title: str
    detail: str
    link: str


class Group(NamedTuple):
    kind: str
    icon: str
    found: list[Found]


def find(user: Any, site: Site, text: str) -> list[Group]:
    """Each word must be in the name, or in what stands beside it; names that begin so come first. One query, whatever
    is searched. Without a text, the pages that somebody may open."""
    words = text.split()
    groups = [Group("Pages", "web", list(_pages(user, words)))]
    if words:
        groups += [*_rows(user, site, text, words), Group("Help", "help", _help(words))]
    return [group for group in groups if group.found]


def _pages(user: Any, words: list[str]) -> Iterator[Found]:
    for page in [*pages_for(user), *(page for page in MAKING if user.has_perm(page.permission))]:
        if all(word.lower() in f"{page.title} {page.sentence}".lower() for word in words):
            yield Found(page.title, page.sentence, reverse(page.url_name))


def _help(words: list[str]) -> list[Found]:
    return [
        Found(title, chapter, f"{reverse('help-page', args=[slug])}{anchor}")
        for chapter, title, slug, anchor in handbook.find(words)[:EACH]
    ]


def _rows(user: Any, site: Site, text: str, words: list[str]) -> Iterator[Group]:
    queries = [
        _named(number, kind, site, text, words)
        for number, kind in enumerate(KINDS)
        if kind.detail and user.has_perm(kind.permission)
    ]
    if user.has_perm("tracking.view_visitor"):
        queries.append(_visitors(site, text))
    if not queries:
        return
    first, *others = queries
    rows = first.union(*others, all=True) if others else first
    found: dict[int, list[Found]] = {}
    for number, _rank, title, detail, name in sorted(rows):
        found.setdefault(number, []).append(_found(number, title, detail, name))
    for number, of_kind in found.items():
        if number == VISITORS:
            yield Group("Visitors", "group", list(dict.fromkeys(of_kind)))
        else:
            yield Group(KINDS[number].many, KINDS[number].icon, of_kind)


def _found(number: int, title: str, detail: str, name: str) -> Found:
    if number == VISITORS:
        visitor = UUID(name).hex
        return Found(visitor[:8], visitor, reverse("visitor", args=[visitor]))
    return Found(title, detail, address_of(KINDS[number], name))


def _named(number: int, kind: Kind, site: Site, text: str, words: list[str]) -> QuerySet[Any]:
    within = Q(**{kind.site: site})
    for word in words:
        within &= Q(name__icontains=word) | Q(**{f"{kind.detail}__icontains": word})
    begins = Case(When(name__istartswith=text, then=0), default=1, output_field=IntegerField())
    return kind.model._default_manager.filter(within).order_by(begins, "name", "pk").values_list(
        Value(number, IntegerField()), begins, Cast("name", TEXT), Cast(kind.detail, TEXT), Cast(kind.by, TEXT)
    )[:EACH]  # fmt: skip


def _visitors(site: Site, text: str) -> QuerySet[Visitor, Any]:
    """By what a site calls them: anonymousId, userId, or how their number begins."""
    nothing = Value("", TEXT)
    return visitors.find(site, text).values_list(
        Value(VISITORS, IntegerField()), Value(0, IntegerField()), nothing, nothing, Cast(F("id"), TEXT)
    )[:EACH]  # fmt: skip
