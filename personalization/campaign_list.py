"""What stands in the master list? Each rule in its order, with its state, its condition in words and its results."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.db.models import Sum

from campaigns.models import Rule
from campaigns.priority import master_list, state_of
from personalization.models import DecisionRollup
from segments.forms import in_words
from tracking.models import Site

RESULTS = timedelta(days=7)


@dataclass(frozen=True)
class Row:
    rule: Rule
    state: str
    words: str
    impressions: int
    clicks: int

    @property
    def click_rate(self) -> float | None:
        return self.clicks / self.impressions if self.impressions else None

    @property
    def starts_at(self) -> datetime | None:
        return max((at for at in (self.rule.starts_at, self.rule.campaign.starts_at) if at), default=None)

    @property
    def ends_at(self) -> datetime | None:
        return min((at for at in (self.rule.ends_at, self.rule.campaign.ends_at) if at), default=None)


@dataclass(frozen=True)
class Result:
    """Of one campaign, in the period of `RESULTS`."""

    impressions: int = 0
    clicks: int = 0
    conversions: int = 0
    value_minor: int = 0

    @property
    def click_rate(self) -> float | None:
        return self.clicks / self.impressions if self.impressions else None


def results_of(site: Site, now: datetime) -> dict[str, Result]:
    """By the campaign's key; one query."""
    rows = DecisionRollup.objects.filter(site=site, hour__gt=now - RESULTS).exclude(campaign="").order_by("campaign")
    sums = rows.values_list("campaign").annotate(*(Sum(field.name) for field in fields(Result)))
    return {key: Result(*totals) for key, *totals in sums}


def rows_of(site: Site, now: datetime, placement: str = "") -> list[Row]:
    """Two queries, whatever the number of rules."""
    totals = (
        DecisionRollup.objects.filter(site=site, hour__gt=now - RESULTS, rule_id__gt=0)
        .values("rule_id")
        .annotate(seen=Sum("impressions"), clicked=Sum("clicks"))
        .order_by("rule_id")
    )
    results = {row["rule_id"]: (row["seen"], row["clicked"]) for row in totals}
    rules = [rule for rule in master_list(site) if placement in ("", rule.placement.key)]
    return [Row(rule, state_of(rule, now), in_words(rule.condition, site.currency) if rule.condition else "", *results.get(rule.pk, (0, 0))) for rule in rules]
