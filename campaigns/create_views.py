"""Pages on which a campaign is made in three steps. What they change, `creating` changes."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns import approval
from campaigns.coming_along import may_make, with_uploads
from campaigns.creating import create
from campaigns.creative_choice import creative_choice
from campaigns.forms.creation import Creation
from campaigns.forms.steps import NewRuleForm
from campaigns.placement_map import placement_map
from campaigns.standings import Standings
from segments.nobody import nobody_fits
from sites.locks import lock_site
from sites.models import Site
from sites.pages.history import Actor
from sites.pages.shell import PageRequest, page, render_page
from sites.units import counted
from tracking.seen_events import seen_events, word_on


@require_http_methods(["GET", "POST"])
@page("campaigns.add_campaign")
def new_campaign(request: PageRequest, site: Site) -> HttpResponse:
    if request.method != "POST":
        return _page(request, site, Creation(site))
    lock_site(site)  # two who make something of one name take turns: each finds the keys that the other has taken
    creation = Creation(site, with_uploads(request, site))
    if request.POST.get("do"):  # a button of a step, without scripts
        creation.show_as_typed()
    elif creation.is_valid(as_draft=request.POST.get("finish") == "draft") and may_make(request, creation.made):
        campaign = create(creation, Actor(request.user))
        if request.POST.get("finish") == "ask" and creation.kept:
            approval.ask(campaign, request.user)
        _tell(request, site, creation)
        return redirect("campaign", campaign.key)
    return _page(request, site, creation)


@require_safe
@page("campaigns.add_campaign")
def another_rule(request: PageRequest, site: Site) -> HttpResponse:
    """The fragment of one more rule, numbered after those that the form has (`rule`)."""
    asked = QueryDict(mutable=True)
    asked.setlist("rule", request.GET.getlist("rule"))
    asked["do"] = "add-rule"
    number = Creation(site, asked).rules[-1].prefix
    rule = NewRuleForm(prefix=number, site=site)
    return render(request, "campaigns/_new_rule.html", _of_rules(site, [rule]) | {"form": rule, "is_fresh": True})


@require_POST
@page("campaigns.add_campaign")
def suggest_name(request: PageRequest, site: Site) -> HttpResponse:
    """The fragment of the name, with one made of what was said so far."""
    creation = Creation(site, request.POST)
    suggestion = creation.suggest()
    creation.show_as_typed()
    return render(request, "campaigns/_new_name.html", {"form": creation.campaign, "suggestion": suggestion})


def _page(request: PageRequest, site: Site, creation: Creation) -> HttpResponse:
    context = _of_rules(site, creation.rules) | {"site": site, "creation": creation, "title": "New campaign"}
    return render_page(request, "campaigns/create.html", context)


def _of_rules(site: Site, rules: list[NewRuleForm]) -> dict[str, Any]:
    return placement_map(site) | {"rules": [(rule, creative_choice(rule, site)) for rule in rules]}


def _tell(request: PageRequest, site: Site, creation: Creation) -> None:
    campaign = creation.campaign.instance
    messages.success(request, Standings(site, timezone.now()).of_campaign(campaign).after_saving(campaign.name))
    if creation.left_out:
        messages.warning(
            request,
            f"{counted(creation.left_out, 'rules')} had a placement or a creative only, and could not be kept: add"
            " each below.",
        )
    for rule in creation.kept:
        for misfit in rule.misfits:
            messages.warning(request, misfit)
    told = [nobody_fits(site, rule.instance.full_condition()) for rule in creation.kept]
    for word in dict.fromkeys(filter(None, told)):  # often the same for all of them
        messages.warning(request, word)
    event = creation.campaign.cleaned_data["event"]
    if event and (word := word_on(event, seen_events(site, timezone.now()))):
        messages.warning(request, word)
