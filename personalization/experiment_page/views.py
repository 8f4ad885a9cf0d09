"""The tabs of an experiment: what it says, and who changed what. What is drafted of it: `campaigns.treatment_views`."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.models import Treatment
from campaigns.results.analysis import analyse
from campaigns.results.report import MetricResult, Report
from personalization.experiment_page import export, figures, health, pictures
from personalization.experiment_page.frame import framed
from personalization.experiment_page.history import entries_about
from personalization.experiment_page.writing import RELATIVE, WAYS
from personalization.experiments.reading import Read, read
from personalization.upkeep.change_log import entries
from sites.models import Site
from sites.pages.shell import PageRequest, page, query_of, render_page
from sites.times import ms_of
from tracking.freshness import freshness

CHANGES_PER_PAGE = 30
STYLES = {"ship": "good", "stop": "bad", "wait": "", "repair": "bad"}


@require_GET
@page("campaigns.view_treatment")
def experiment(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row, now = _row(site, pk), timezone.now()
    if row.kind == Treatment.Kind.BANDIT:  # which has a page of its own
        return redirect("treatment", pk)
    told = read(row, now)
    report = analyse(told.experiment, told.counted)
    asked = query_of(request, ("metric", "arm", "as"))
    way = asked["as"] if asked["as"] in WAYS else RELATIVE
    today = site.local_day(now)
    context: dict[str, Any] = {
        "told": told,
        "report": report,
        "style": STYLES[report.verdict.action],
        "badges": health.badges(row, told, report, freshness(ms_of(now)), today),
        "blocks": figures.blocks(report, way, told.counted.days_running),
        "ways": WAYS.items(),
        "way": way,
        "now": now,
    }
    context |= _closer(report, told, asked, way)
    if told.visitors:
        context["arrivals"] = pictures.arrivals(told.by_day, is_open=today in told.by_day)
    return render_page(request, "experiments/results.html", framed(site, row, "experiment", now) | context)


def _closer(report: Report, told: Read, asked: dict[str, str], way: str) -> dict[str, Any]:
    """One metric of one arm, as its charts tell it."""
    chosen = next((each for each in report.metrics if each.metric.key == asked["metric"]), None)
    chosen = chosen or next(iter(report.metrics), None)
    if chosen is None or not chosen.comparisons:
        return {"query": urlencode({"as": way})}
    comparison = next((each for each in chosen.comparisons if each.arm == asked["arm"]), None) or _best(chosen, report)
    names = {arm.arm: arm.name for arm in report.arms}
    return {
        "chosen": chosen.metric,
        "comparison": comparison,
        "arm_name": names[comparison.arm],
        "others": [(each.arm, names[each.arm]) for each in chosen.comparisons],
        "courses": pictures.courses(chosen.metric, comparison, way),
        "breakdowns": figures.breakdowns(comparison),
        "query": urlencode({"metric": chosen.metric.key, "arm": comparison.arm, "as": way}),
    }


def _best(chosen: MetricResult, report: Report) -> Any:
    """The arm that the verdict speaks of, else the first."""
    spoken = (each for each in chosen.comparisons if each.arm == report.verdict.arm)
    return next(spoken, chosen.comparisons[0])


@require_GET
@page("campaigns.view_treatment")
def export_results(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    """The table, one row a metric and arm; with `?by=day` one row a metric, arm and day."""
    row = _row(site, pk)
    told = read(row, timezone.now())
    report = analyse(told.experiment, told.counted)
    if query_of(request, ("by",))["by"] == "day":
        return export.days(row, report, site.currency)
    return export.table(row, report, site.currency)


@require_GET
@page("campaigns.view_treatment")
def history(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row, now = _row(site, pk), timezone.now()
    shown = Paginator(entries_about(row), CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    context = framed(site, row, "experiment-history", now) | {
        "shown": shown,
        "entries": entries(shown.object_list, request.user),
        "phases": row.phases.order_by("-number"),
        "conclusions": row.conclusions.select_related("decided_by"),
    }
    return render_page(request, "experiments/history.html", context)


def _row(site: Site, pk: int) -> Treatment:
    return get_object_or_404(Treatment.objects.filter(site=site).select_related("site"), pk=pk)
