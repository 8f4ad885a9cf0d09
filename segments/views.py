"""Pages about who visitors are like: segments with their sizes, conditions as somebody types them, clusters and their
training. What they change, `editing` changes."""

from dataclasses import dataclass
from typing import Any

import redis
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from segments import audience, counting, distributions, editing, known_values, population, seen
from segments.cluster_names import clusters_of
from segments.clustering.base import CLUSTER
from segments.clustering.kinds import KINDS
from segments.drafting import Draft, kind_of
from segments.drawing import condition_context, fixed_values, hints
from segments.event_form import typed
from segments.forms import SegmentForm
from segments.known_values import LONGEST, MOST_SHOWN
from segments.models import ModelVersion, Segment, TrainingRun
from segments.training_runs import usual_kind
from segments.trends import Trend, spread, trends
from segments.wording import describe
from sites.editing import Needed
from sites.locks import lock
from sites.models import Site
from sites.pages.edits import changed_since, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, render_page, whole

require_form = require_http_methods(["GET", "POST"])


@dataclass(frozen=True)
class SegmentRow:
    segment: Segment
    trend: Trend
    words: str


@require_GET
@page("segments.view_segment")
def segments(request: PageRequest, site: Site) -> HttpResponse:
    found = list(
        Segment.objects.filter(site=site, archived=False).annotate(rule_count=Count("rules")).order_by("name", "id")
    )
    trend = trends(found, population.newest(site))
    rows = sorted(
        (SegmentRow(segment, trend[segment.pk], describe(segment.condition, site.currency)) for segment in found),
        key=lambda row: -(row.trend.share or 0),
    )
    archived = Segment.objects.filter(site=site, archived=True)
    return render_page(
        request, "segments/segments.html", {"site": site, "rows": rows, "archived": archived, "title": "Segments"}
    )


@require_form
@page("segments.add_segment")
def new_segment(request: PageRequest, site: Site) -> HttpResponse:
    return _segment_form(request, site, SegmentForm(request.POST or None, site=site))


@require_form
@page("segments.view_segment")
def segment(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(for_update(Segment.objects.filter(site=site), request), key=key)
    return _segment_form(request, site, SegmentForm(request.POST or None, instance=row, site=site))


@require_POST
@page("segments.view_segment")
def condition(request: PageRequest, site: Site) -> HttpResponse:
    """The fragment of a condition after one of its buttons; nothing is saved."""
    draft = Draft.of_post(request.POST, site.currency)
    draft.press(request.POST.get("do", ""))
    return render(request, "segments/_condition.html", condition_context(draft, site))


@require_POST
@page("segments.view_segment")
def estimate(request: PageRequest, site: Site) -> HttpResponse:
    """The fragment that says how many visitors the condition as it is typed reaches, within the segment chosen beside
    it, if any."""
    draft = Draft.of_post(request.POST, site.currency)
    context: dict[str, Any] = {"told": hints(draft, site)}
    try:
        typed = draft.value()
        chosen = Segment.objects.filter(site=site, pk=whole(request.POST.get("segment", "")) or 0).first()
        found = audience.estimate_of(site, {"$and": [chosen.condition, typed]} if chosen else typed)
        context["visitors"], context["active"], context["looked_at"] = found
        context["is_sample"] = found.is_sample
        context["share"] = context["visitors"] / context["active"] if context["active"] else None
    except ValidationError as error:
        context["faults"] = error.messages
    except redis.RedisError:
        context["faults"] = ["Profiles cannot be read at the moment, so nobody can be counted."]
    return render(request, "segments/_estimate.html", context)


@require_GET
@page("segments.view_segment")
def values(request: PageRequest, site: Site) -> HttpResponse:
    """The fragment of a picker: values of an attribute that contain the text, the most frequent first."""
    attribute, text = request.GET.get("attribute", ""), request.GET.get("text", "").strip()[:LONGEST]
    context: dict[str, Any] = {"text": text, "unit": "visitor"}
    if "event" in request.GET or "events" in request.GET:
        context |= _seen(site, request.GET.get("event", ""), request.GET.get("property"), text)
    elif fixed := fixed_values(attribute, kind_of(attribute), site):
        chosen = [entry for entry in fixed if text.casefold() in f"{entry[0]} {entry[1]}".casefold()]
        context |= {"values": chosen, "total": len(chosen)}
    else:
        found = known_values.find(site, attribute[:LONGEST], text)
        context |= {"values": [(row.value, row.label, row.visitors) for row in found.values], "total": found.total}
        context["at"] = known_values.counted_at(site)
    return render(request, "segments/_values.html", context)


def _seen(site: Site, event: str, name: str | None, text: str) -> dict[str, Any]:
    """Values of a property of an event, names of its properties, or without an event names of events."""
    if name:
        found = seen.values(site, event, name).seen
    else:
        found = seen.properties(site, event).seen if event else seen.events(site)
    chosen = [(typed(one.value), "", one.count) for one in found if text.casefold() in str(one.value).casefold()]
    return {"values": chosen[:MOST_SHOWN], "total": len(chosen), "unit": "event"}


@require_POST
@page("segments.change_segment")
def archive_segment(request: PageRequest, site: Site, key: str) -> HttpResponse:
    """Out of the choices of rules, or back into them (`archived` false)."""
    row = get_object_or_404(lock(Segment.objects.filter(site=site)), key=key)
    if news := changed_since(row, request.POST.get("seen", "")):
        messages.error(request, news)
        return redirect("segment", key)
    try:
        editing.set_archived(row, request.POST.get("archived") != "false", Actor(request.user))
    except Needed as fault:
        messages.error(request, str(fault))
        return redirect("segment", key)
    if row.archived:
        messages.success(
            request,
            f"“{row}” is archived. The list of segments shows it at its end, from where it can be brought back.",
        )
        return redirect("segments")
    messages.success(request, f"“{row}” is back: rules can choose it again.")
    return redirect("segment", key)


@require_POST
@page("segments.add_segment")
def duplicate_segment(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(Segment, site=site, key=key)
    fresh = editing.duplicate(row, Actor(request.user))
    messages.success(request, f"This is the copy of “{row}”. Change what should differ.")
    return redirect("segment", fresh.key)


@require_GET
@page("segments.view_modelversion")
def clusters(request: PageRequest, site: Site) -> HttpResponse:
    run = TrainingRun.objects.filter(site=site).select_related("model").first()
    kinds = [(kind.KIND, kind.TITLE, kind.SENTENCE) for kind in KINDS.values()]  # templates call what can be called
    context: dict[str, Any] = {"site": site, "run": run, "kinds": kinds, "usual_kind": usual_kind(site)}
    if request.htmx.target == "training":
        return render(request, "segments/_training.html", context)
    versions = list(ModelVersion.objects.filter(site=site, family=CLUSTER)[:20])
    promoted = next((version for version in versions if version.status == ModelVersion.Status.PROMOTED), None)
    model = promoted or (versions[0] if versions else None)
    context |= {"model": model, "named": clusters_of(model) if model else [], "versions": versions, "title": "Clusters"}
    return render_page(request, "segments/clusters.html", context)


@require_GET
@page("segments.view_featuredistribution")
def features(request: PageRequest, site: Site) -> HttpResponse:
    rows = distributions.compare(site)
    context = {"title": "Features", "site": site, "spreads": map(spread, rows), "latest": rows[0].now if rows else None}
    return render_page(request, "segments/features.html", context)


@require_POST
@page("segments.add_trainingrun")
def retrain(request: PageRequest, site: Site) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if editing.ask_for_training(site, Actor(request.user), kind if kind in KINDS else None) is None:
        messages.info(request, "A training is running already.")
    return redirect("clusters")


def _segment_form(request: PageRequest, site: Site, form: SegmentForm) -> HttpResponse:
    pressed = request.POST.get("do", "")
    if request.method == "POST" and pressed:  # a button of the condition, without scripts
        draft = Draft.of_post(request.POST, site.currency)
        draft.press(pressed)
        form = SegmentForm(initial=request.POST.dict() | {"condition": draft}, instance=form.instance, site=site)
    elif request.method == "POST" and not request.user.has_perm("segments.change_segment"):
        messages.error(request, "Your role may look at this, not change it.")
    elif request.method == "POST" and form.is_valid():
        editing.save(form.save(commit=False), Actor(request.user))
        messages.success(request, f"“{form.instance}” is saved as a draft. Publish to let visitors be judged by it.")
        return redirect("segment", form.instance.key)
    row = Segment.objects.filter(pk=form.instance.pk).first()  # what is stored, whatever the form holds
    context: dict[str, Any] = {"site": site, "form": form, "segment": row, "title": row.name if row else "New segment"}
    if row:
        context |= {
            "trend": trends([row], population.newest(site))[row.pk],
            "counting": counting.progress(site).of(row.condition),
        }
        if request.htmx.target == "size":
            return render(request, "segments/_size.html", context)
        context |= {
            "unseen": seen.unseen_in(site, row.condition),
            "words": describe(row.condition, site.currency),
            "rules": row.rules.select_related("campaign"),
            "changes": changes_of(row),
        }
    return render_page(request, "segments/segment.html", context)
