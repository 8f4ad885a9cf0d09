"""Who changed what, and when, as people look for it: by person, kind and name, each change with a link to what it
changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q, QuerySet

from personalization.kinds import BY_MODEL, address_of
from sites.pages.history import NOBODY, read
from sites.pages.paths import addresses_of
from sites.pages.shell import whole

PROGRAMS = "Commands and schedule"  # what nobody did


@dataclass(frozen=True)
class Entry:
    at: datetime
    who: str
    kind: str
    about: str
    words: str
    link: str  # to what was changed; empty: it is gone, has no page, or is not for whoever looks


def find(person: str = "", kind: str = "", text: str = "") -> QuerySet[LogEntry]:
    """Newest first. `person` and `kind` are ids as addresses carry them; what is none of them narrows nothing."""
    found = LogEntry.objects.select_related("user", "content_type").order_by("-action_time", "-id")
    if by := whole(person):
        found = found.filter(user=by)
    if of := whole(kind):
        found = found.filter(content_type=of)
    if text:
        found = found.filter(Q(object_repr__icontains=text) | Q(change_message__icontains=text))
    return found


def people() -> list[tuple[str, str]]:
    """Who has an entry, as choices."""
    wrote = Exists(LogEntry.objects.filter(user=OuterRef("pk")))
    names = User.objects.filter(wrote).order_by("username").values_list("pk", "username")
    return [(str(pk), PROGRAMS if name == NOBODY else name) for pk, name in names]


def kinds() -> list[tuple[str, str]]:
    """What entries are about, as choices."""
    types = ContentType.objects.filter(Exists(LogEntry.objects.filter(content_type=OuterRef("pk"))))
    return sorted(((str(each.pk), _word(each)) for each in types), key=lambda choice: choice[1])


def entries(rows: Iterable[LogEntry], reader: Any) -> list[Entry]:
    """One query for each kind among them, for the links."""
    found = list(rows)
    links = _links(found, reader)
    result = []
    for row in found:
        change = read(row)
        link = links.get((row.content_type_id, row.object_id or ""), "")
        kind = _word(row.content_type) if row.content_type else ""
        result.append(Entry(change.at, change.who, kind, change.about, change.words, link))
    return result


def _word(of: ContentType) -> str:
    model = of.model_class()
    kind = BY_MODEL.get(model) if model else None
    return kind.one if kind else of.name.capitalize()


def _links(rows: list[LogEntry], reader: Any) -> dict[tuple[int | None, str], str]:
    by_type: dict[ContentType, set[str]] = {}
    for row in rows:
        if row.content_type and row.object_id:
            by_type.setdefault(row.content_type, set()).add(row.object_id)
    links: dict[tuple[int | None, str], str] = {}
    for of, ids in by_type.items():
        model = of.model_class()
        kind = BY_MODEL.get(model) if model else None
        if model is None or kind is None or not reader.has_perm(kind.permission):
            continue
        there = model._default_manager.filter(pk__in=[pk for pk in ids if whole(pk)])
        for pk, name, *site in there.values_list("pk", kind.by or "pk", *([kind.site] if kind.site else [])):
            if site:
                with addresses_of(site[0]):
                    links[of.pk, str(pk)] = address_of(kind, name)
            else:
                links[of.pk, str(pk)] = address_of(kind, name)
    return links
