"""Pages of drafts: campaigns, goals, rules. What they change, `editing` changes."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.forms import ModelForm
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from campaigns import editing
from campaigns.coming_along import may_make, with_uploads
from campaigns.creative_choice import creative_choice
from campaigns.forms import CampaignForm, GoalForm, RuleForm
from campaigns.models import Campaign, Goal, Rule
from campaigns.placement_map import placement_map
from campaigns.priority import master_list, narrow, neighbours
from campaigns.standings import Standings
from campaigns.states import Standing
from segments.nobody import nobody_fits
from sites.locks import lock
from sites.models import Site
from sites.pages.edits import as_typed, changed_since, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, render_page
from tracking.seen_events import seen_events, word_on

require_form = require_http_methods(["GET", "POST"])

# --- campaigns ------------------------------------------------------------------------------------


@require_POST
@page("campaigns.change_campaign")
def change_status(request: PageRequest, site: Site) -> HttpResponse:
    """Of every campaign ticked (`campaign`, its key), unless it changed since the page was drawn (`seen`, its key and
    when it had last changed)."""
    status = request.POST.get("status", "")
    if status not in Campaign.Status.values:
        return HttpResponse(
            f"status: {status!r} is not one of {', '.join(Campaign.Status.values)}",
            status=400,
            content_type="text/plain",
        )
    ticked = [key for key in request.POST.getlist("campaign") if "\0" not in key]
    # Locked, and compared with what the page showed: whoever saves one of them now does so before or after all of this.
    rows = lock(Campaign.objects.filter(site=site, key__in=ticked).exclude(status=status))
    seen = dict(told.split(" ", 1) for told in request.POST.getlist("seen") if " " in told)
    news = {row: changed_since(row, seen.get(row.key, "")) for row in rows}
    changed = [row for row in rows if not news[row]]
    for row in changed:
        editing.set_status(row, status, Actor(request.user))
    for told in filter(None, news.values()):
        messages.error(request, told)
    if changed:
        names = ", ".join(f"“{row}”" for row in changed)
        what = (
            f"{names} {'is' if len(changed) == 1 else 'are'} now {changed[0].get_status_display().lower()} in the draft"
        )
        messages.success(request, f"{what}. What visitors see changes once that is published.")
    elif not news:
        messages.info(request, "Nothing changed: tick campaigns that are not so already.")
    return redirect("campaigns")


@require_POST
@page("campaigns.add_campaign")
def duplicate_campaign(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(Campaign, site=site, key=key)
    fresh = editing.duplicate_campaign(row, Actor(request.user))
    _tell_of_copy(request, row)
    return redirect("campaign", fresh.key)


# --- goals ----------------------------------------------------------------------------------------


@require_form
@page("campaigns.add_goal")
def new_goal(request: PageRequest, site: Site) -> HttpResponse:
    return _goal_form(request, site, GoalForm(request.POST or None, site=site))


@require_form
@page("campaigns.view_goal")
def goal(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(for_update(Goal.objects.filter(site=site), request), key=key)
    return _goal_form(request, site, GoalForm(request.POST or None, instance=row, site=site), saved_key=key)


@require_POST
@page("campaigns.delete_goal")
def delete_goal(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(lock(Goal.objects.filter(site=site)), key=key)
    if fault := changed_since(row, request.POST.get("seen", "")) or row.delete_fault():
        messages.error(request, fault)
        return redirect("goal", key)
    editing.delete(row, Actor(request.user))
    messages.success(request, f"Goal “{row}” is gone. What was counted stays.")
    return redirect("goals")


# --- rules ----------------------------------------------------------------------------------------


@require_form
@page("campaigns.add_rule")
def new_rule(request: PageRequest, site: Site, key: str) -> HttpResponse:
    owner = get_object_or_404(Campaign, site=site, key=key)
    return _rule_form(request, site, Rule(campaign=owner))


@require_form
@page("campaigns.view_rule")
def rule(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(for_update(Rule.objects.select_related("campaign"), request), pk=pk, campaign__site=site)
    return _rule_form(request, site, row)


@require_POST
@page("campaigns.change_rule")
def move_rule(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    """`direction` up or down, within what the list shows (`placement`, `rule`), or `before` the id of another rule,
    empty for the end."""
    rules = master_list(site)
    row = next((rule for rule in rules if rule.pk == pk), None)
    shown = narrow(rules, request.POST.get("placement", ""), request.POST.get("rule", ""))
    if row is None or row not in shown:
        return HttpResponse("rule: not in this list", status=404, content_type="text/plain")
    mover, before = _step(shown, row, request.POST)
    if mover != before:
        editing.move(mover, before, Actor(request.user))
    return redirect(_back(request))


def _step(shown: list[Rule], row: Rule, asked: QueryDict) -> tuple[Rule, Rule | None]:
    """Which rule moves, and above which: down is the next one going up; the same rule twice where there is nowhere to
    go."""
    place, direction = shown.index(row), asked.get("direction")
    if direction == "up":
        return row, shown[max(place - 1, 0)]
    if direction == "down":
        return shown[min(place + 1, len(shown) - 1)], row
    return row, next((rule for rule in shown if str(rule.pk) == asked.get("before", "")), None)


@require_POST
@page("campaigns.change_rule")
def toggle_rule(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(lock(Rule.objects.all()), pk=pk, campaign__site=site)
    editing.set_enabled(row, request.POST.get("enabled") == "true", Actor(request.user))
    return redirect(_back(request))


@require_POST
@page("campaigns.add_rule")
def duplicate_rule(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(Rule, pk=pk, campaign__site=site)
    fresh = editing.duplicate_rule(row, Actor(request.user))
    _tell_of_copy(request, row)
    return redirect("rule", fresh.pk)


@require_POST
@page("campaigns.delete_rule")
def delete_rule(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(lock(Rule.objects.select_related("campaign")), pk=pk, campaign__site=site)
    if news := changed_since(row, request.POST.get("seen", "")):
        messages.error(request, news)
        return redirect("rule", row.pk)
    editing.delete(row, Actor(request.user))
    messages.success(request, f"Rule “{row}” is gone from the draft. Visitors see it until the next release.")
    return redirect("campaign", row.campaign.key)


# --- shared by the above --------------------------------------------------------------------------


def may(request: PageRequest, permission: str) -> bool:
    if not request.user.has_perm(permission):
        messages.error(request, "Your role may look at this, not change it.")
        return False
    return True


def _back(request: PageRequest) -> str:
    """The list, narrowed as it was."""
    asked = {name: request.POST[name] for name in ("placement", "rule") if request.POST.get(name)}
    return reverse("campaigns") + (f"?{urlencode(asked)}" if asked else "")


def save_form(request: PageRequest, form: "ModelForm[Any]") -> None:
    """Of a form that was checked: its row, and word of what comes next."""
    row, by = form.save(commit=False), Actor(request.user)
    if isinstance(form, RuleForm):
        editing.save_rule(row, form.shares, by)
    elif isinstance(form, CampaignForm) and (event := form.cleaned_data["event"]):
        editing.pursue(row, event, by)
    else:
        editing.save(row, by)
    messages.success(request, _what_is_next(row))
    event = form.cleaned_data.get("event", "")
    if event and (word := word_on(event, seen_events(row.site, timezone.now()))):
        messages.warning(request, word)


def _with_standings(site: Site, rows: Iterable[Campaign]) -> list[tuple[Campaign, Standing]]:
    standings = Standings(site, timezone.now())
    return [(row, standings.of_campaign(row)) for row in rows]


def _what_is_next(row: Campaign | Goal | Rule) -> str:
    """Whether visitors see what was saved, or what has to happen first."""
    if isinstance(row, Campaign):
        return Standings(row.site, timezone.now()).of_campaign(row).after_saving(row.name)
    if isinstance(row, Rule):
        return Standings(row.campaign.site, timezone.now()).of_rule(row).after_saving(row.name)
    told = format_html("“{}” is saved. Campaigns that use it show it once they are published.", row)
    return format_html('{} <a href="{}">See what is not published</a>', told, reverse("releases"))


def _tell_of_copy(request: PageRequest, row: Campaign | Rule) -> None:
    messages.success(
        request, f"This is the copy of “{row}”. Nobody sees it before you publish; change what should differ."
    )


def _rule_form(request: PageRequest, site: Site, row: Rule) -> HttpResponse:
    owner, created = row.campaign, row.pk is None
    permission = "campaigns.add_rule" if created else "campaigns.change_rule"
    form = RuleForm(with_uploads(request, site) if request.method == "POST" else None, instance=row, site=site)
    if request.POST.get("do"):  # a button of the condition, without scripts
        as_typed(form)
        as_typed(form.fresh)
    elif request.method == "POST" and may(request, permission) and form.is_valid() and may_make(request, form.made):
        save_form(request, form)
        for warning in (*form.misfits, nobody_fits(site, row.full_condition())):
            if warning:
                messages.warning(request, warning)
        return redirect("campaign", owner.key)
    stored = Rule(campaign=owner) if created else _stored(form.instance)
    above, below = neighbours(stored)
    context = placement_map(site) | {
        "site": site,
        "form": form,
        "above": above,
        "below": below,
        "place": "" if created else stored.placement,
        "priority": stored.priority,
        "choice": creative_choice(form, site),
        "campaign": owner,
        "rule": None if created else form.instance,
        "standing": None if created else Standings(site, timezone.now()).of_rule(stored),
        "changes": [] if created else changes_of(form.instance),
        "title": "New rule" if created else form.instance.name,
    }
    return render_page(request, "campaigns/rule.html", context)


def _stored(row: Rule) -> Rule:
    """As it is stored, whatever a form has typed into it."""
    return Rule.objects.select_related("campaign__site", "placement", "segment").get(pk=row.pk)


def _goal_form(request: PageRequest, site: Site, form: GoalForm, *, saved_key: str = "") -> HttpResponse:
    """`saved_key` is that of the stored goal, whatever the form holds; empty for a new one."""
    created = not saved_key
    needed = "campaigns.add_goal" if created else "campaigns.change_goal"
    if request.POST.get("do"):  # a button of the condition, without scripts
        as_typed(form)
    elif request.method == "POST" and may(request, needed) and form.is_valid():
        save_form(request, form)
        return redirect("goals")
    used_by = [] if created else _with_standings(site, form.instance.campaigns.all())
    context = {
        "site": site,
        "form": form,
        "goal": None if created else form.instance,
        "saved_key": saved_key,
        "campaigns": [row for row, _ in used_by],
        "used_by": used_by,
        "changes": [] if created else changes_of(form.instance),
        "title": "New goal" if created else form.instance.name,
    }
    return render_page(request, "campaigns/goal.html", context)
