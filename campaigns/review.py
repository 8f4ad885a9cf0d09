"""What would publishing do, and what speaks against it? The draft of a site, validated, frozen, and compared with the
release that visitors see."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from campaigns.changes import changes
from campaigns.drafts import freeze, read_draft
from campaigns.models import Release
from campaigns.problems import Problem
from campaigns.release import Source, version_of
from campaigns.rules import UNDATED
from campaigns.validation import validate
from sites.models import Site
from sites.times import moment_of


@dataclass(frozen=True)
class Examined:
    """A draft as it was at one moment. There is no `source` where a problem is an error."""

    problems: list[Problem]
    source: Source | None
    version: str  # of the draft: the same until somebody changes it; empty without a source
    good_until: datetime | None  # from then on the clock alone makes other problems of it; None: never


@dataclass(frozen=True)
class Review:
    """What publishing would do, before anybody does it. `version` is empty where the draft has errors."""

    problems: list[Problem]
    changes: list[str]
    version: str  # the same until somebody changes the draft
    live: int  # number of the release that `changes` compares with, 0 for none

    @property
    def may_publish(self) -> bool:
        return bool(self.version and self.changes)

    @property
    def errors(self) -> int:
        return sum(problem.is_error for problem in self.problems)


def examine(site: Site, now: int) -> Examined:
    """Reads, validates and freezes the whole draft: a query a table, and time in proportion to rules and catalogue."""
    draft = read_draft(site)
    problems = validate(draft, now)
    good_until = draft.next_end(moment_of(now))
    if any(problem.is_error for problem in problems):
        return Examined(problems, None, "", good_until)
    source = freeze(draft, now, _pending_dates(site))
    return Examined(problems, source, _version_of_draft(source, now), good_until)


def compare(site: Site, examined: Examined) -> Review:
    """With the live release; `campaigns.reviewing` has the review that is kept."""
    live = Release.objects.live(site)
    told: list[str] = []
    if examined.source:
        told = changes(live.content() if live else None, examined.source)
    return Review(examined.problems, told, examined.version, live.number if live else 0)


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
