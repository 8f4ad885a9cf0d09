"""What does a marketer want to know first? What the campaigns brought in the last seven days, which did best and which
worst, and what is going on this minute. For Home."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Sum

from campaigns.models import Campaign, Placement
from campaigns.rates import (
    ENOUGH_EVENTS,
    ENOUGH_TRIALS,
    NONE,
    Change,
    Estimate,
    change_of_means,
    change_of_shares,
    share,
)
from personalization.models import DecisionRollup
from personalization.results import orders, report
from personalization.results.orders import Touched
from personalization.results.period import Period
from personalization.results.report import Line, Result
from sites.models import Site
from sites.pages.charts import Bar, bars
from tracking.models import EventRollup, Visitor

DAYS = 7
MINUTES = 30
REVENUE = "revenue per visitor"
SEEN, CLICKED = "Impression", "Click"


class Headline(NamedTuple):
    """Of the last seven days up to this moment, and of the seven before."""

    now: Touched
    before: Touched
    click_rate: Estimate | None
    click_rate_before: Estimate | None

    @property
    def click_change(self) -> Change | None:
        return change_of_shares(self.click_rate, self.click_rate_before)


class Contest(NamedTuple):
    """The campaigns of the last seven days, by how well they do. `verdict` says it in a sentence; best and worst are
    None where nobody can tell."""

    verdict: str
    measure: str  # what they were compared by
    best: Line | None = None
    worst: Line | None = None
    is_clear: bool = False  # the difference between the two


class Minute(NamedTuple):
    """What is going on: visitors of five minutes, and the rest of the last MINUTES."""

    visitors: int
    seen: int
    clicks: int
    orders: int
    bars: list[Bar]  # times seen, a minute each


class NextStep(NamedTuple):
    sentence: str
    action: str
    url_name: str


def headline(site: Site, now: datetime) -> Headline:
    """Rolling, to the moment, so that both sides are equally long. Four queries."""
    start, before = now - timedelta(days=DAYS), now - timedelta(days=2 * DAYS)
    return Headline(
        orders.touched(site, start, now),
        orders.touched(site, before, start),
        _click_rate(site, start, now),
        _click_rate(site, before, start),
    )


def contest(site: Site, now: datetime) -> Contest:
    """By revenue per visitor where two or more campaigns have enough data for it, else by click rate."""
    today = site.local_day(now)
    period = Period(today - timedelta(days=DAYS - 1), today)
    return judge(report.lines(site, period, "campaign"))


def judge(lines: list[Line]) -> Contest:
    measures: list[tuple[str, Callable[[Result], Estimate | None], Callable[..., Change | None]]] = [
        (REVENUE, lambda result: result.revenue_per_visitor, change_of_means),
        ("click rate", lambda result: result.click_rate, change_of_shares),
    ]
    for measure, read, compare in measures:
        fit = [line for line in lines if measure != REVENUE or not _is_worthless(line)]
        known = [(estimate.value, line) for line in fit if (estimate := read(line.now)) and estimate.is_enough]
        if len(known) < 2:
            continue
        known.sort(key=lambda pair: pair[0])
        worst, best = known[0][1], known[-1][1]
        difference = compare(read(best.now), read(worst.now))
        is_clear = difference is not None and difference.verdict != NONE
        certainty = "The difference is clear." if is_clear else "There is no clear difference between them yet."
        others = _others(len(fit) - len(known), "not enough data yet")
        others += _others(len(lines) - len(fit), "a goal that is worth no money")
        return Contest(certainty + others, measure, best, worst, is_clear)
    if not lines:
        return Contest("No campaign was shown in the last 7 days.", "")
    return Contest(
        f"Not enough data yet to compare campaigns: two need {ENOUGH_TRIALS} times seen and {ENOUGH_EVENTS} clicks.",
        "",
    )


def _is_worthless(line: Line) -> bool:
    """Its goal was reached, and that is worth nothing: it cannot be compared by revenue."""
    return line.now.counts.conversions > 0 and not line.now.counts.value_minor


def _others(number: int, what: str) -> str:
    have = "has" if number == 1 else "have"
    return f" {number} more {have} {what}." if number else ""


def this_minute(site: Site, now: datetime) -> Minute:
    """From the counts per minute. Two queries."""
    minute = now.replace(second=0, microsecond=0)
    minutes = [minute - timedelta(minutes=back) for back in range(MINUTES - 1, -1, -1)]
    rows = EventRollup.objects.filter(
        site=site, grain=EventRollup.Grain.MINUTE, at__gte=minutes[0], name__in=(SEEN, CLICKED, orders.ORDER)
    ).order_by("at", "id")
    counts = {(name, at): events for name, at, events in rows.values_list("name", "at", "events")}
    sums = {name: sum(counts.get((name, at), 0) for at in minutes) for name in (SEEN, CLICKED, orders.ORDER)}
    zone = ZoneInfo(site.time_zone)
    labels = [f"{at.astimezone(zone):%H:%M}" for at in minutes]
    return Minute(
        Visitor.objects.filter(site=site, merged_into=None, last_seen_at__gt=now - timedelta(minutes=5)).count(),
        sums[SEEN],
        sums[CLICKED],
        sums[orders.ORDER],
        bars([counts.get((SEEN, at), 0) for at in minutes], labels, height=40),
    )


def next_step(site: Site, has_events: bool) -> NextStep | None:
    """Of a site that shows nothing yet: the first thing that is missing."""
    if not has_events:
        return NextStep(
            f"Add one script tag to {site.domain}. As soon as the first visitor arrives, this page shows what is"
            " happening.", "Install the tracker", "install",
        )  # fmt: skip
    if not Placement.objects.filter(site=site).exists():
        sentence = (
            "Visitors arrive. Now name a spot on the site that may be filled, such as the banner of its first page."
        )
        return NextStep(sentence, "Make a placement", "placement-new")
    if not Campaign.objects.filter(site=site).exists():
        return NextStep("There is a place to fill: make the first campaign for it.", "New campaign", "campaign-new")
    if not DecisionRollup.objects.filter(site=site).exists():
        return NextStep(
            "No page has asked for a placement yet: mark where it stands in the page, as Install shows.",
            "See how", "install",
        )  # fmt: skip
    return None


def _click_rate(site: Site, since: datetime, until: datetime) -> Estimate | None:
    rows = DecisionRollup.objects.filter(site=site, hour__gt=since, hour__lte=until, rule_id__gt=0)
    sums = rows.aggregate(clicks=Sum("clicks", default=0), seen=Sum("impressions", default=0))
    return share(sums["clicks"], sums["seen"])
