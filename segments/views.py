"""Pages about who visitors are like: segments with their sizes, conditions as somebody types them, features. What they
change, `editing` changes."""

from dataclasses import dataclass
from typing import Any

import redis
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from segments import audience, counting, distributions, editing, known_values, membership, population, seen
from segments.drafting import Draft, kind_of
from segments.drawing import condition_context, fixed_values, hints
from segments.event_form import typed
from segments.forms import SegmentForm
from segments.known_values import LONGEST, MOST_SHOWN
from segments.models import Segment
from segments.nobody import nobody_fits
from segments.segment_figures import read
from segments.starters import starter, starters
from segments.trends import Trend, spread, trends
from segments.whom import condition_asked
from segments.wording import describe
from sites.editing import Needed
from sites.locks import lock
from sites.models import Site
from sites.pages.edits import as_typed, changed_since, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, render_page
from sites.tags import tags_in
from tracking.models import Visitor
from tracking.visitors import NoSuchGroup, NotReadable

SAMPLE = 8  # visitors that the page of a segment names
MOST_OVERLAPS = 10

require_form = require_http_methods(["GET", "POST"])


@dataclass(frozen=True)
class SegmentRow:
    segment: Segment
    trend: Trend
    words: str


@dataclass(frozen=True)
class Overlap:
    """Another segment, and how many visitors are in both; `share` is of those of this one."""

    key: str
    name: str
    visitors: int
    share: float


@require_GET
@page("segments.view_segment")
def segments(request: PageRequest, site: Site) -> HttpResponse:
    live = Segment.objects.filter(site=site, archived=False)
    text, tag = request.GET.get("text", "").strip(), request.GET.get("tag", "").strip()
    tags = tags_in(live)
    total = live.count()
    if text:
        live = live.filter(Q(name__icontains=text) | Q(key__icontains=text) | Q(description__icontains=text))
    if tag:
        live = live.filter(tags__contains=[tag])
    found = list(live.annotate(rule_count=Count("rules")).order_by("name", "id"))
    trend = trends(found, population.newest(site))
    rows = sorted(
        (SegmentRow(segment, trend[segment.pk], describe(segment.condition, site.currency)) for segment in found),
        key=lambda row: -(row.trend.share or 0),
    )
    archived = Segment.objects.filter(site=site, archived=True)
    asked = {"text": text, "tag": tag, "tags": tags, "total": total}
    offered = starters(site) if request.user.has_perm("segments.add_segment") else []
    context = {"site": site, "rows": rows, "archived": archived, "title": "Segments", "starters": offered} | asked
    return render_page(request, "segments/segments.html", context)


@require_form
@page("segments.add_segment")
def new_segment(request: PageRequest, site: Site) -> HttpResponse:
    begun = starter(site, request.GET.get("from", ""))
    initial = {"name": begun.name, "description": begun.sentence, "condition": begun.condition} if begun else None
    return _segment_form(request, site, SegmentForm(request.POST or None, initial=initial, site=site))


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
    """The fragment that says how many visitors a form as it is typed reaches."""
    draft = Draft.of_post(request.POST, site.currency)
    context: dict[str, Any] = {"told": hints(draft, site)}
    try:
        asked = condition_asked(request.POST, site)
        context["nobody"] = nobody_fits(site, asked)
        found = audience.estimate_of(site, asked)
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
@page("segments.delete_segment")
def delete_segment(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(lock(Segment.objects.filter(site=site)), key=key)
    if fault := changed_since(row, request.POST.get("seen", "")) or row.delete_fault():
        messages.error(request, fault)
        return redirect("segment", key)
    name = str(row)
    editing.delete(row, Actor(request.user))
    messages.success(request, f"“{name}” is deleted.")
    return redirect("segments")


@require_GET
@page("segments.view_segment")
def sample(request: PageRequest, site: Site, key: str) -> HttpResponse:
    """The fragment that names some visitors of a segment, those seen last."""
    context: dict[str, Any] = {"key": key}
    try:
        ids = list(membership.of_segment(site, key).ids)
        context["visitors"] = Visitor.objects.filter(pk__in=ids).order_by("-last_seen_at")[:SAMPLE]
    except (NoSuchGroup, NotReadable) as fault:
        context["fault"] = str(fault)
    return render(request, "segments/_sample.html", context)


@require_POST
@page("segments.add_segment")
def duplicate_segment(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(Segment, site=site, key=key)
    fresh = editing.duplicate(row, Actor(request.user))
    messages.success(request, f"This is the copy of “{row}”. Change what should differ.")
    return redirect("segment", fresh.key)


@require_GET
@page("segments.view_featuredistribution")
def features(request: PageRequest, site: Site) -> HttpResponse:
    rows = distributions.compare(site)
    context = {"title": "Features", "site": site, "spreads": map(spread, rows), "latest": rows[0].now if rows else None}
    return render_page(request, "segments/features.html", context)


def _overlaps(segment: Segment, site: Site) -> list[Overlap]:
    """Other segments that its visitors are in, the most common first."""
    size = segment.sizes.order_by("-at").first()
    figures = read(size.figures) if size else None
    if figures is None:
        return []
    names = dict(Segment.objects.filter(site=site, archived=False).values_list("key", "name"))
    found = [
        Overlap(key, names[key], both, figures.share_of(key)) for key, both in figures.overlaps.items() if key in names
    ]
    return sorted(found, key=lambda one: (-one.visitors, one.name))[:MOST_OVERLAPS]


def _segment_form(request: PageRequest, site: Site, form: SegmentForm) -> HttpResponse:
    if request.POST.get("do"):  # a button of the condition, without scripts
        as_typed(form)
    elif request.method == "POST" and not request.user.has_perm("segments.change_segment"):
        messages.error(request, "Your role may look at this, not change it.")
    elif request.method == "POST" and form.is_valid():
        editing.save(form.save(commit=False), Actor(request.user))
        messages.success(request, f"“{form.instance}” is saved. Visitors are judged by it once it is published.")
        if word := nobody_fits(site, form.instance.condition):
            messages.warning(request, word)
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
            "named_by": [user for user in row.named_by() if user not in set(row.rules.all())],
            "overlaps": _overlaps(row, site),
            "changes": changes_of(row),
        }
    return render_page(request, "segments/segment.html", context)
