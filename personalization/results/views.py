"""Pages of results: a table of what was shown, and one page for each thing in it."""

import csv
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.rates import Estimate
from personalization.results import fragment, orders, reading, report
from personalization.results.period import PRESETS, Asked, Period, read
from personalization.results.reading import DIMENSIONS, Scope
from personalization.results.report import Line
from sites.models import Site
from sites.money import major
from sites.pages.shell import PageRequest, page, query_of, render_page, whole
from sites.pages.spreadsheets import disarm

TITLES = {
    "campaign": "Campaigns",
    "rule": "Rules",
    "creative": "Creatives",
    "placement": "Placements",
    "segment": "Segments",
}
BY_ID = {"campaign", "rule", "creative"}
USUAL_ORDER = "seen"


class Column(NamedTuple):
    """Of the table: what it is sorted by is a key of `report.ORDERS`."""

    key: str
    title: str
    help: str
    is_wide: bool = False  # left out on a phone


@require_GET
@page("campaigns.view_campaign")
def results(request: PageRequest, site: Site) -> HttpResponse:
    context = _table(request, site)
    if request.htmx.target == "results":
        return render(request, "results/_table.html", context)
    context |= {"title": "Results"}
    return render_page(request, "results/results.html", context)


@require_GET
@page("campaigns.view_campaign")
def export_results(request: PageRequest, site: Site) -> HttpResponse:
    """The table as it stands on the page."""
    context = _table(request, site)
    noun = context["noun"]
    head = [context["by"], "name", "first_day", "last_day", "fitted", "shown", "seen", "clicks", "click_rate"]
    head += ["click_rate_low", "click_rate_high", "visitors", noun, "conversion_rate", "conversion_rate_low"]
    head += ["conversion_rate_high", "revenue", "revenue_per_visitor", "currency", "enough_data"]
    rows = (_exported(line, context["asked"].period, site.currency) for line in context["lines"])
    return _as_csv(f"results-by-{context['by']}.csv", head, rows)


@require_GET
@page("campaigns.view_campaign")
def result(request: PageRequest, site: Site, dimension: str, value: str) -> HttpResponse:
    """Results of one campaign, rule, creative, placement or segment."""
    scope, asked = _scope(site, dimension, value), _asked(request, site)
    context = fragment.of(site, scope, asked.period) | _around(site, asked)
    if request.htmx.target == fragment.ID:
        return render(request, "results/_result.html", context)
    name, context_words = report.name_of(site, scope)
    context |= {"title": f"Results: {name}", "name": name, "words": context_words}
    return render_page(request, "results/result.html", context)


@require_GET
@page("campaigns.view_campaign")
def export_result(request: PageRequest, site: Site, dimension: str, value: str) -> HttpResponse:
    """One row a day."""
    scope, period = _scope(site, dimension, value), _asked(request, site).period
    days = reading.by_day(site, period, scope)
    head = ["day", "fitted", "shown", "seen", "clicks", "dismissed", "visitors", orders.noun(site), "revenue"]
    head += ["currency", "taken_by_a_higher_rule", "used_up", "could_not_be_shown"]
    rows = (_exported_day(day, days.get(day, reading.Counts()), site.currency) for day in period.dates())
    return _as_csv(f"results-{dimension}-by-day.csv", head, rows)


def _table(request: PageRequest, site: Site) -> dict[str, Any]:
    asked, told = _asked(request, site), query_of(request, ("by", "order"))
    by = told["by"] if told["by"] in DIMENSIONS else "campaign"
    order = told["order"] if told["order"].removeprefix("-") in (*report.ORDERS, "name") else USUAL_ORDER
    noun = orders.noun(site)
    lines, total = report.table(site, asked.period, by, order)
    return _around(site, asked) | {
        "by": by,
        "order": order,
        "dimensions": TITLES.items(),
        "columns": _columns(noun, order),
        "kept": {"by": by, "order": order},
        "lines": lines,
        "total": total,
        "noun": noun,
        "tops": {
            name: max((each.high for line in lines if (each := getattr(line.now, name))), default=0)
            for name in ("click_rate", "conversion_rate")
        },
    }


def _columns(noun: str, order: str) -> list[tuple[Column, str, str]]:
    """(column, what its link sorts by, how it is sorted now: for aria-sort)."""
    columns = [
        Column("seen", "Seen", "Times that it was seen", is_wide=True),
        Column("clicks", "Clicks", "Times that it was clicked", is_wide=True),
        Column("click_rate", "Click rate", "Clicks of times seen"),
        Column("visitors", "Visitors", "Different visitors who saw it", is_wide=True),
        Column("orders", noun.capitalize(), f"{noun.capitalize()} that it is credited with"),
        Column(
            "conversion_rate",
            "Conversion rate",
            "Visitors who saw it and reached the goal, of all who saw it",
            is_wide=True,
        ),
        Column("revenue", "Revenue", f"Of the {noun} that it is credited with"),
        Column("revenue_per_visitor", "Per visitor", "Revenue by visitor who saw it", is_wide=True),
    ]
    made = []
    for column in columns:
        states = {column.key: "descending", f"-{column.key}": "ascending"}
        other_way = f"-{column.key}" if order == column.key else column.key
        made.append((column, other_way, states.get(order, "none")))
    return made


def _asked(request: PageRequest, site: Site) -> Asked:
    today = site.local_day(timezone.now())
    return read(query_of(request, ("period", "from", "to")), today)


def _around(site: Site, asked: Asked) -> dict[str, Any]:
    """What every page of results says of its period; `query` names it in addresses that last."""
    named = {"period": asked.preset} if asked.preset else {"from": asked.period.first, "to": asked.period.last}
    today = site.local_day(timezone.now())
    return {
        "site": site,
        "asked": asked,
        "presets": [(key, name) for key, (name, _) in PRESETS.items()],
        "query": urlencode(named),
        "is_running": asked.period.last >= today,
    }


def _scope(site: Site, dimension: str, value: str) -> Scope:
    """Raises Http404 for what cannot be."""
    if dimension not in DIMENSIONS:
        raise Http404(f"no results by {dimension}")
    if dimension not in BY_ID:
        return Scope(dimension, value)
    if not (identity := whole(value)):
        raise Http404(f"no {dimension} {value}")
    return Scope(dimension, identity)


def _exported(line: Line, period: Period, currency: str) -> list[object]:
    now, counts = line.now, line.now.counts
    told: list[object] = [line.value, line.name, period.first, period.last, counts.eligible, counts.decisions]
    told += [counts.impressions, counts.clicks, *_three(now.click_rate), counts.visitors.visitors, counts.conversions]
    told += [*_three(now.conversion_rate), major(counts.value_minor, currency)]
    revenue, click_rate = now.revenue_per_visitor, now.click_rate
    told += [major(revenue.value, currency) if revenue else "", currency]
    return [*told, "yes" if click_rate and click_rate.is_enough else "no"]


def _exported_day(day: date, counts: reading.Counts, currency: str) -> list[object]:
    told: list[object] = [day, counts.eligible, counts.decisions, counts.impressions, counts.clicks, counts.dismissals]
    told += [counts.visitors.visitors, counts.conversions, major(counts.value_minor, currency), currency]
    return [*told, counts.outranked, counts.capped, counts.held]


def _three(estimate: Estimate | None) -> list[object]:
    """The value and its interval."""
    return [round(number, 6) for number in estimate[:3]] if estimate else ["", "", ""]


def _as_csv(name: str, head: list[str], rows: Iterable[list[object]]) -> HttpResponse:
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    writer = csv.writer(answer)
    writer.writerow(head)
    writer.writerows(map(disarm, row) for row in rows)
    return answer
