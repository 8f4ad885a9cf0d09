"""What does somebody see first of a campaign? Whether it is ready, what it shows to whom, and how it did lately."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from campaigns import drafts
from campaigns.audiences import latest_sizes
from campaigns.composing import CAMPAIGN, thing
from campaigns.drafts import read_draft
from campaigns.models import Campaign, Release, Rule
from campaigns.narrowing import narrow
from campaigns.places import Places
from campaigns.priority import master_list
from campaigns.problems import Problem
from campaigns.states import Standing
from campaigns.validation import validate
from personalization.campaign_page.check import GOOD, WRONG, Check
from personalization.campaign_page.checklist import Facts, checks_of
from segments.wording import describe
from sites.models import Site
from sites.times import ms_of
from tracking.seen_events import seen_events

PERIODS = ("7", "28", "90")  # keys of `results.period.PRESETS`


def overview_of(site: Site, campaign: Campaign, standings: Sequence[tuple[Rule, Standing]]) -> dict[str, Any]:
    """A number of queries that does not grow with rules or visitors; results come in a request of their own."""
    rules = [rule for rule, _ in standings]
    checks = checklist_of(site, campaign, rules)
    return {
        "checks": checks,
        "open_checks": [check for check in checks if check.state != GOOD],
        "faults": [check for check in checks if check.state == WRONG and check.link],
        "good_checks": [check for check in checks if check.state == GOOD],
        "has_run": any(rule.first_published_at for rule in rules),
        "published": _last_published(site, campaign),
        "told_rules": [
            (rule, standing, describe(rule.condition, site.currency) if rule.condition else "")
            for rule, standing in standings
        ],
        "periods": PERIODS,
    }


def checklist_of(site: Site, campaign: Campaign, rules: Sequence[Rule]) -> list[Check]:
    """A query a table of the draft, and some more."""
    return checks_of(_facts(site, campaign, rules, timezone.now()))


def _facts(site: Site, campaign: Campaign, rules: Sequence[Rule], now: datetime) -> Facts:
    return Facts(
        campaign,
        rules,
        master_list(site),
        _problems(site, campaign, now),
        latest_sizes({rule.segment_id for rule in rules if rule.segment_id}),
        seen_events(site, now),
        now,
    )


def _problems(site: Site, campaign: Campaign, now: datetime) -> list[tuple[Problem, str]]:
    """What is wrong with the campaign and all that it uses, as if it were launched; each with where it is mended."""
    draft = narrow(read_draft(site, Q(pk=campaign.pk), with_items=False), {thing(CAMPAIGN, campaign.pk)})
    table, problems = drafts.item_table(), list(validate(draft, ms_of(now)))
    if table is not None and table._default_manager.filter(site=site).exists():
        # The draft was read without the catalogue, which may be large.
        problems = [problem for problem in problems if problem.field != "slot"]
    places, settings = Places(problems), reverse("campaign-traffic", args=[campaign.key])
    return [(problem, settings if problem.kind == CAMPAIGN else places.of(problem)) for problem in problems]


def _last_published(site: Site, campaign: Campaign) -> Release | None:
    """The latest release for which it was chosen and that went live."""
    chosen = Release.objects.filter(site=site, things__contains=[thing(CAMPAIGN, campaign.pk)], live_at__isnull=False)
    return chosen.defer("source", "compiled", "changes").select_related("published_by").first()
