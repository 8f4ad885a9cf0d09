"""Pages about who arrives: visitors."""

import csv
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from sites.models import Site
from sites.pages.clock import zone_of
from sites.pages.shell import PageRequest, page, query_of, render_page
from tracking.event import CHANNELS, DEVICES
from tracking.visitors import GROUPS, ORDERS, Group, Members, NoSuchGroup, NotReadable, describe, find, members

PER_PAGE = 50
MAX_EXPORT = 100_000
LINES_AT_ONCE = 500
PLAIN = ("text", "channel", "device", "order")
COLUMNS = ["id", "first_seen_at", "last_seen_at", "events", "sessions", "channel", "device", "country"]


@require_GET
@page("tracking.view_visitor")
def visitors(request: PageRequest, site: Site) -> HttpResponse:
    plain, chosen = query_of(request, PLAIN), query_of(request, GROUPS)
    among, fault = _members(site, chosen)
    found = Paginator(find(site, **plain, among=among.ids if among else None), PER_PAGE).get_page(
        request.GET.get("page")
    )
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "site": site,
        "found": found,
        "asked": plain,
        "query": query.urlencode(),
        "filtered": any(plain.values()) or any(chosen.values()),
    }
    context["said"] = describe(site, [visitor.id for visitor in found])
    context |= {"among": among, "fault": fault, "groups": [_choice(site, name, key) for name, key in chosen.items()]}
    if request.htmx.target == "visitors":
        return render(request, "tracking/_visitors.html", context)
    context |= {"title": "Visitors", "channels": CHANNELS, "devices": DEVICES, "orders": ORDERS.items()}
    return render_page(request, "tracking/visitors.html", context)


@require_GET
@page("tracking.view_visitor")
def export_visitors(request: PageRequest, site: Site) -> StreamingHttpResponse:
    """The list as it is filtered, as CSV; at most `MAX_EXPORT` rows."""
    among, _ = _members(site, query_of(request, GROUPS))
    rows = find(site, **query_of(request, PLAIN), among=among.ids if among else None).values_list(*COLUMNS)[:MAX_EXPORT]
    lines = _csv(rows.iterator(chunk_size=2000), zone_of(site))
    return StreamingHttpResponse(
        # Each kind of server streams what it can iterate itself; the other kind it would collect in memory first.
        _read_in_pieces(lines) if isinstance(request, ASGIRequest) else lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="visitors.csv"'},
    )


@dataclass(frozen=True)
class Choice:
    """A group that the list can be narrowed to, with what is chosen of it now."""

    name: str
    group: Group
    options: list[tuple[str, str]]
    key: str

    @property
    def chosen(self) -> str:
        return next((name for key, name in self.options if key == self.key), "")

    @property
    def address(self) -> str:
        return self.group.address(self.key)


def _choice(site: Site, name: str, key: str) -> Choice:
    return Choice(name, GROUPS[name], GROUPS[name].choices(site), key)


def _members(site: Site, chosen: dict[str, str]) -> tuple[Members | None, str]:
    """Nobody, with the reason, where it cannot be told: never everybody."""
    try:
        return members(site, chosen), ""
    except (NoSuchGroup, NotReadable) as error:
        return Members((), 0, 0), str(error)


class _Line:
    """A file for `csv.writer` that hands back what it is given."""

    def write(self, text: str) -> str:
        return text


def _csv(rows: Iterator[tuple[Any, ...]], zone: ZoneInfo) -> Iterator[str]:
    """Times by the clocks of the zone, which is handed over: it is read when the page has been answered already."""
    writer = csv.writer(_Line())
    yield writer.writerow([f"{name} ({zone.key})" if name.endswith("_at") else name for name in COLUMNS])
    for first, *rest in rows:
        yield writer.writerow([first.hex, *(_told(value, zone) for value in rest)])


def _told(value: Any, zone: ZoneInfo) -> Any:
    return value.astimezone(zone).isoformat() if isinstance(value, datetime) else value


async def _read_in_pieces(lines: Iterator[str]) -> AsyncIterator[str]:
    """The lines in pieces, each read in the request's own thread, where its database connection lives."""
    read = sync_to_async(lambda: "".join(islice(lines, LINES_AT_ONCE)))
    while piece := await read():
        yield piece
