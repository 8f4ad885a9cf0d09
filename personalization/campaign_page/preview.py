"""What would a visitor see of a campaign at a moment, if it were launched as it is drafted and nothing else changed?
The edge's own decision, on a release that nobody publishes: nothing of it is recorded, counted or capped."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db.models import Q

from campaigns.composing import CAMPAIGN, thing
from campaigns.drafts import LAUNCHED, read_draft
from campaigns.models import Campaign
from campaigns.offers import try_choice, with_first_things
from campaigns.parts import together
from campaigns.problems import Problem
from campaigns.release import FrozenRelease, dump, load
from campaigns.review import head_of, held_in
from personalization.decide import Decision, decide
from personalization.situation import NOTHING_FORCED, Situation
from personalization.standing import beside_of
from segments.event_sql import Asked, numbers
from segments.profile import Profile
from segments.tallies import since_of
from sites.local_time import local
from sites.models import Site
from sites.times import ms_of


class Drafted(NamedTuple):
    """`release` is None where something in the campaign is wrong; `problems` say what."""

    release: FrozenRelease | None
    problems: Sequence[Problem]


class Visit(NamedTuple):
    """Who looks, and what their page says of them; empty: what the profile remembers."""

    visitor: str  # 32 hexadecimal digits, whose lots are drawn
    profile: Profile
    language: str = ""
    device: str = ""
    has_consent: bool = True
    path: str = "/"
    host: str = ""  # empty: the site's own


def drafted(site: Site, campaign: Campaign, placements: Sequence[str], now: datetime) -> Drafted:
    """What launching it would compose with what visitors see, with the rules of these placements alone. A query a
    table; time in proportion to their rules and the catalogue."""
    draft, head, held = read_draft(site, LAUNCHED | Q(pk=campaign.pk)), head_of(site), held_in(site)
    chosen = with_first_things(head, draft, {thing(CAMPAIGN, campaign.pk)})
    tried = try_choice(head, draft, chosen, held, ms_of(now))
    problems = [problem for problem in tried.problems if problem.is_error]
    if tried.composed is None:
        return Drafted(None, problems)
    parts = tried.composed.parts
    rules = {pk: part for pk, part in parts.rules.items() if part.rule.placement in placements}
    return Drafted(load(dump(together(msgspec.structs.replace(parts, rules=rules)))), problems)


def decisions_at(
    release: FrozenRelease, site: Site, visit: Visit, placements: Sequence[str], at: datetime
) -> list[Decision]:
    """Each with its trace, in the order of the placements. A query for each event row that the profile has not
    counted."""
    return decide(_situation(release, site, visit, ms_of(at)), placements, trace=True)


def _situation(release: FrozenRelease, site: Site, visit: Visit, at: int) -> Situation:
    day, hour, weekday = local(site.time_zone, at)
    host = visit.host or site.domain
    context: dict[str, Any] = {"path": visit.path, "host": host, "hour": hour, "weekday": weekday}
    context |= {name: told for name in ("language", "device") if (told := getattr(visit, name))}
    beside = beside_of(site.pk, release)  # whatever moment is asked for: nobody knows what will be left
    situation = Situation(
        release,
        visit.profile,
        visit.visitor,
        visit.has_consent,
        context,
        at,
        day,
        used_up=beside.used_up,
        forced=beside.overrides.get(visit.visitor, NOTHING_FORCED),
        weights=beside.weights,
    )
    if not situation.barred:
        situation.attributes.update(_uncounted(release, visit, at))
    return situation


def _uncounted(release: FrozenRelease, visit: Visit, at: int) -> dict[str, float]:
    """What the stored events say of rows that nobody counts before they are published."""
    rows = [row for row in release.rows.by_key.values() if row.tally not in visit.profile.counted]
    found: dict[str, float] = {}
    for row in rows:
        (number,) = numbers(row, [Asked(visit.visitor, since_of(row, visit.profile, at))])
        found[row.name] = number
    return found
