"""The page Live events: what arrives and is decided this second, and how much of it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from personalization import feed_access, live_events
from personalization.edge.feed_rows import ALL, DECISION, Row, wanted_of
from sites.models import Site
from sites.pages.shell import PageRequest, page, query_of, render_page
from sites.times import moment_of

KINDS = {
    ALL: "Everything",
    "page": "Pages",
    "track": "What visitors did",
    "engagement": "What became of creatives",
    "identify": "Who they are",
    DECISION: "Decisions",
}
# Of one line.
KIND = {"track": "action", "engagement": "creative", "identify": "person"}


@require_GET
@page("tracking.view_visitor")
def live(request: PageRequest, site: Site) -> HttpResponse:
    """Without scripts, the latest that is stored."""
    now, asked = timezone.now(), query_of(request, ("kind", "name"))
    kind = asked["kind"] if asked["kind"] in KINDS else ALL
    wanted, names = wanted_of({"kind": kind, "name": asked["name"]}), live_events.names(site) | {"kind": KIND}
    context: dict[str, Any] = {
        "site": site,
        "kinds": KINDS.items(),
        "kind": kind,
        "name": asked["name"],
        "rows": [line_of(row, names) for row in live_events.latest(site, now, wanted)],
    }
    if request.htmx.target == "live-rows":
        return render(request, "personalization/_live_rows.html", context)
    seconds = live_events.seconds(site, now)
    context |= {
        "title": "Live events",
        "names": names,
        "seconds": seconds,
        "halves": live_events.halves(seconds, now),
        "feed_token": feed_access.grant(request, site.pk),
        "renew_seconds": feed_access.RENEW_SECONDS,
    }
    return render_page(request, "personalization/live.html", context)


def line_of(row: Row, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    """A line as the table shows it; `static/js/live.js` makes the same of what arrives."""
    placement, campaign = names["placement"].get(row["placement"], row["placement"]), row["campaign"]
    did = f"“{names['variant'].get(row['variant'], row['variant'])}”" if row["variant"] else "nothing"
    words = [f"{did} in {placement}", *([names["campaign"].get(campaign, campaign)] if campaign else [])]
    return row | {
        "kind": KIND.get(row["kind"], row["kind"]),
        "moment": moment_of(row["at"]),
        "did": ", ".join(words) if placement else "",
        "why": UUID(row["decision"]) if row["kind"] == DECISION else None,
    }
