"""Funnels: how far visitors come, of whatever steps somebody chooses; drawn, as a table and as CSV."""

import csv
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from campaigns.rates import Change
from personalization.funnels import reading
from personalization.funnels.form import FunnelForm, starters
from personalization.funnels.question import MOST_STEPS, Asked, name_of
from personalization.funnels.reading import EVERYBODY, Funnel, Reached
from personalization.results.period import PRESETS
from segments.conditions.event_rows import UNITS_MS
from segments.drawing import view_of_event
from segments.event_form import OPERATORS
from segments.seen import events
from sites.models import Site
from sites.pages.shell import PageRequest, page, render_page
from sites.pages.spreadsheets import disarm
from tracking.visitors import NotReadable

ID = "funnel"  # of the element that the fragment is


class Line(NamedTuple):
    """One step of the drawing; `other` and `change` where two groups are compared."""

    name: str
    one: Reached
    other: Reached | None
    change: Change | None


@require_GET
@page("tracking.view_event")
def funnels(request: PageRequest, site: Site) -> HttpResponse:
    form = FunnelForm.of_address(request.GET, site)
    context = _around(site, form) | (_counted(site, form) if form.rows and not form.is_pressed else {})
    if request.htmx.target == ID:
        answer = render(request, "funnels/_funnel.html", context)
        answer["HX-Replace-Url"] = f"{reverse('funnels')}?{form.address}"
        return answer
    return render_page(request, "funnels/funnels.html", context)


@require_GET
@page("tracking.view_event")
def export_funnel(request: PageRequest, site: Site) -> HttpResponse:
    """The table as it stands on the page. 400 where the question has faults."""
    form = FunnelForm.of_address(request.GET, site)
    found = _counted(site, form)
    if "funnel" not in found:
        told = " ".join([*map(str, form.faults.values()), found.get("trouble", "")]).strip()
        return HttpResponse(told, status=400, content_type="text/plain; charset=utf-8")
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="funnel.csv"'}
    )
    writer = csv.writer(answer)
    measures = ("visitors", "share", "share_low", "share_high", "share_of_step_before", "median_seconds")
    writer.writerow(["step", "event", "group", *measures, "looked_at", "of_visitors"])
    writer.writerows(map(disarm, row) for row in _exported(found))
    return answer


def _around(site: Site, form: FunnelForm) -> dict[str, Any]:
    named = events(site)
    return {
        "site": site,
        "title": "Funnels",
        "form": form,
        "views": [view_of_event(row, number, site) for number, row in enumerate(form.rows)],
        "asked": form.period,
        "presets": [(key, name) for key, (name, _) in PRESETS.items()],
        "segments": form.segments(),
        "units": list(UNITS_MS),
        "event_operators": OPERATORS.items(),
        "events": [str(one.value) for one in named],
        "most_steps": MOST_STEPS,
        "starters": starters(site),
        "address": form.address,
        "longer": form.address_of_days("28"),
    }


def _counted(site: Site, form: FunnelForm) -> dict[str, Any]:
    """The funnel, or nothing where the form has faults."""
    asked = form.asked()
    if asked is None:
        return {}
    groups = list(dict.fromkeys([form.segment, form.than] if form.than or form.segment else [EVERYBODY]))
    try:
        funnel = reading.count(site, asked, form.period.period, groups)
    except NotReadable as trouble:
        return {"trouble": str(trouble)}
    names = dict(form.segments()) | {EVERYBODY: "Everybody"}
    told = {"funnel": funnel, "lines": _lines(asked, funnel), "one": names[groups[0]], "units": list(UNITS_MS)}
    return told | {"other": names[groups[-1]] if len(groups) > 1 else ""}


def _lines(asked: Asked, funnel: Funnel) -> list[Line]:
    one, *others = funnel.groups.values()
    names = map(name_of, asked.steps)
    if not others:
        return [Line(name, step, None, None) for name, step in zip(names, one, strict=True)]
    changes = reading.differences(one, others[0])
    return [Line(*line) for line in zip(names, one, others[0], changes, strict=True)]


def _exported(found: dict[str, Any]) -> Iterator[list[object]]:
    funnel = found["funnel"]
    for number, line in enumerate(found["lines"], 1):
        for group, step in ((found["one"], line.one), (found["other"], line.other)):
            if step is None:
                continue
            shares = [round(value, 6) for value in step.share[:3]] if step.share else ["", "", ""]
            before = round(step.of_before.value, 6) if step.of_before else ""
            seconds = "" if step.seconds is None else round(step.seconds, 3)
            yield [number, line.name, group, step.visitors, *shares, before, seconds, funnel.looked_at, funnel.visitors]
