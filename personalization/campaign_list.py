"""What stands on the page of campaigns? Each rule in its order, and each campaign, with what became of them."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum

from campaigns.approval import digests_of
from campaigns.hours import in_words
from campaigns.models import Campaign, Rule
from campaigns.priority import master_list, narrow
from campaigns.standings import Standings
from campaigns.states import WORDS, Standing, State
from campaigns.windows import Window
from personalization.models import DecisionRollup
from segments.wording import describe
from sites.models import Site
from sites.pages.history import Change, latest_changes

RESULTS = timedelta(days=7)
STATES = {state.value: words for state, words in WORDS.items()}


@dataclass(frozen=True)
class RuleRow:
    rule: Rule
    standing: Standing
    words: str
    window: Window
    hours: str  # of the week, in words; "" for always
    next_run: datetime | None  # when they begin again, where they do not hold now
    impressions: int
    clicks: int

    @property
    def click_rate(self) -> float | None:
        return self.clicks / self.impressions if self.impressions else None


@dataclass(frozen=True)
class Result:
    """Of one campaign, in the period of `RESULTS`."""

    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    value_minor: int = 0
    assists: int = 0  # conversions that it also touched

    @property
    def click_rate(self) -> float | None:
        return self.clicks / self.impressions if self.impressions else None


def results_of(site: Site, now: datetime) -> dict[int, Result]:
    """By the campaign's id, whatever its key was meanwhile; one query."""
    rows = DecisionRollup.objects.filter(site=site, hour__gt=now - RESULTS, campaign_id__gt=0).order_by("campaign_id")
    sums = rows.values_list("campaign_id").annotate(*(Sum(field.name) for field in fields(Result)))
    return {campaign: Result(*totals) for campaign, *totals in sums}


@dataclass(frozen=True)
class Listed:
    """A campaign in the table, with its results and who changed it last."""

    campaign: Campaign
    standing: Standing
    result: Result
    change: Change | None
    digest: str = ""  # of what launching it would show (`campaigns.approval.digests_of`), once somebody may


ORDERS: dict[str, tuple[str, Callable[[Listed], Any]]] = {
    "name": ("Name", lambda row: row.campaign.name.casefold()),
    "seen": ("Most seen", lambda row: -row.result.impressions),
    "clicked": ("Highest click rate", lambda row: -(row.result.click_rate or 0)),
    "conversions": ("Most conversions", lambda row: -row.result.conversions),
    "value": ("Highest value", lambda row: -row.result.value_minor),
    "changed": ("Last changed", lambda row: -row.campaign.updated_at.timestamp()),
}


def campaigns_of(
    site: Site, now: datetime, text: str = "", status: str = "", order: str = "", tag: str = ""
) -> list[Listed]:
    """Those with the text in name, key or goal, with this tag and in this state (`campaigns.states`); without one, all
    that are not archived. Three queries, and what their standings cost."""
    found = Campaign.objects.filter(site=site).select_related("goal").order_by("name", "id")
    found = found.annotate(rule_count=Count("rules"))
    if text:
        named = Q(name__icontains=text) | Q(key__icontains=text)
        found = found.filter(named | Q(goal__name__icontains=text) | Q(goal__event__icontains=text))
    if tag:
        found = found.filter(tags__contains=[tag])
    standings, results = Standings(site, now), results_of(site, now)
    rows = [(row, standings.of_campaign(row)) for row in found]
    rows = [(row, standing) for row, standing in rows if _is_in(standing.state, status)]
    changes = latest_changes(row for row, _ in rows)
    listed = [Listed(row, how, results.get(row.pk, Result()), changes.get(str(row.pk))) for row, how in rows]
    return sorted(listed, key=ORDERS[order if order in ORDERS else "name"][1])


def to_launch(site: Site, now: datetime, rows: list[Listed]) -> list[Listed]:
    """Each that may be launched with what its button vouches for. Reads the draft of these."""
    digests = digests_of(site, [row.campaign.pk for row in rows if row.standing.launching], now)
    return [replace(row, digest=digests.get(row.campaign.pk, "")) for row in rows]


def _is_in(state: State, asked: str) -> bool:
    if asked not in STATES:
        return state != State.ARCHIVED
    return state == asked or (asked == State.LIVE and state == State.CHANGED)


def _hours(rule: Rule, site: Site, now: datetime) -> tuple[str, datetime | None]:
    hours = rule.open_hours()
    if not hours:
        return "", None
    begins = rule.next_run(now, site.time_zone)
    return in_words(hours), begins if begins and begins > now else None


def rows_of(site: Site, now: datetime, placement: str = "", text: str = "") -> list[RuleRow]:
    """Two queries, whatever the number of rules, and what their standings cost."""
    totals = (
        DecisionRollup.objects.filter(site=site, hour__gt=now - RESULTS, rule_id__gt=0)
        .values("rule_id")
        .annotate(seen=Sum("impressions"), clicked=Sum("clicks"))
        .order_by("rule_id")
    )
    results = {row["rule_id"]: (row["seen"], row["clicked"]) for row in totals}
    rules, standings = narrow(master_list(site), placement, text), Standings(site, now)
    return [
        RuleRow(
            rule,
            standings.of_rule(rule),
            describe(rule.condition, site.currency) if rule.condition else "",
            rule.window(),
            *_hours(rule, site, now),
            *results.get(rule.pk, (0, 0)),
        )
        for rule in rules
    ]
