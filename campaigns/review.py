"""What would publishing do, and what speaks against it? The draft of a site, validated, composed with the release that
visitors see or that is on its way to them, and compared with that which they see."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from django.db.models import Q

from campaigns.changes import changes
from campaigns.composing import Thing
from campaigns.drafts import LAUNCHED, Draft, read_draft
from campaigns.models import Campaign, Hold, Release
from campaigns.offers import Offer, offers, try_choice, usual_choice, with_first_things
from campaigns.parts import Parts, apart, together
from campaigns.problems import Problem
from campaigns.release import Source, version_of
from campaigns.rules import UNDATED
from campaigns.validation import budget_problems
from sites.models import Site
from sites.times import moment_of

OFFERED = LAUNCHED | Q(status=Campaign.Status.DRAFT)


@dataclass(frozen=True)
class Examined:
    """A draft as it was at one moment. There is no `source` where a problem is an error."""

    problems: list[Problem]
    source: Source | None
    version: str  # of what would be published: the same until somebody changes that; empty without a source
    good_until: datetime | None  # from then on the clock alone makes other problems of it; None: never
    offers: list[Offer] = field(default_factory=list)
    chosen: frozenset[Thing] = frozenset()


@dataclass(frozen=True)
class Review:
    """What publishing would do, before anybody does it. `version` is empty where the draft has errors."""

    problems: list[Problem]
    changes: list[str]
    version: str  # the same until somebody changes the draft
    live: int  # number of the release that `changes` compares with, 0 for none
    offers: list[Offer] = field(default_factory=list)  # what may be chosen

    @property
    def may_publish(self) -> bool:
        return bool(self.version and self.changes)

    @property
    def errors(self) -> int:
        return sum(problem.is_error for problem in self.problems)


def head_of(site: Site) -> Parts:
    """What visitors will see if nobody does anything: of the release on its way to them, else of the live one. Every
    release is composed with this, so that two who publish at once take nothing from each other."""
    release = Release.objects.pending(site) or Release.objects.live(site)
    return (
        apart(release.content()) if release else Parts(site=site.pk, currency=site.currency, time_zone=site.time_zone)
    )


def held_in(site: Site) -> set[Thing]:
    return set(Hold.objects.filter(site=site).values_list("thing", flat=True))


def examine(site: Site, now: int, chosen: Collection[Thing] | None = None, *, with_offers: bool = False) -> Examined:
    """Of what is chosen; without a choice, of all that goes out where nobody chooses. Reads the draft, a query a table,
    and validates and freezes that part of it: time in proportion to its rules and the catalogue."""
    draft, live, held = read_draft(site, OFFERED), head_of(site), held_in(site)
    good_until = draft.next_end(moment_of(now))
    offered = offers(live, draft, held, now) if with_offers else []
    wanted = usual_choice(live, draft, held) if chosen is None else with_first_things(live, draft, chosen)
    tried = try_choice(live, draft, wanted, held, now, _pending_dates(site))
    problems = [*tried.problems, *(_budgets(tried.composed.parts, draft) if tried.composed else [])]
    if tried.composed is None or any(problem.is_error for problem in problems):
        return Examined(problems, None, "", good_until, offered, frozenset(wanted))
    source = together(tried.composed.parts)
    return Examined(problems, source, _version_of_draft(source, now), good_until, offered, frozenset(wanted))


def compare(site: Site, examined: Examined) -> Review:
    """With the live release; `campaigns.reviewing` has the review that is kept."""
    live = Release.objects.live(site)
    told: list[str] = []
    if examined.source:
        told = changes(live.content() if live else None, examined.source)
    return Review(examined.problems, told, examined.version, live.number if live else 0, examined.offers)


def _budgets(parts: Parts, draft: Draft) -> list[Problem]:
    """Of the whole release, which holds more than was chosen."""
    conditions = [row.condition for row in parts.segments.values()]
    conditions += [part.rule.condition for part in parts.rules.values()]
    return list(budget_problems(draft.site, conditions))


def _pending_dates(site: Site) -> dict[int, int]:
    """First publications in a release that is on its way, so that a second click freezes the same content."""
    pending = Release.objects.pending(site)
    return {rule.id: rule.first_published_at for rule in pending.content().rules} if pending else {}


def _version_of_draft(source: Source, now: int) -> str:
    """Of a draft frozen at `now`: a new rule is dated by when one looks, which changes nothing that anybody sees."""
    undated = [
        msgspec.structs.replace(rule, first_published_at=UNDATED) if rule.first_published_at == now else rule
        for rule in source.rules
    ]
    return version_of(msgspec.structs.replace(source, rules=undated))
