"""What did a campaign pursue in the release that a visitor saw? Marketers may change a goal; what counts is the one
that counted when the visitor looked."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

import msgspec
from django.db import connection

from campaigns.goals import FrozenGoal
from campaigns.models import Campaign
from campaigns.release import FrozenCampaign

READ = """
SELECT json_build_object('campaigns', source->'campaigns', 'goals', source->'goals')::text FROM campaigns_release
WHERE site_id = %s AND version = %s AND source->'goals' IS NOT NULL ORDER BY number LIMIT 1
"""
# Releases by whose goals something that happens at a moment may count: live until so long before it as the longest
# window of their goals, or later.
IN_FORCE = """
SELECT site_id, version FROM (
    SELECT site_id, version, window_days, lead(live_at) OVER (PARTITION BY site_id ORDER BY live_at) AS until
    FROM campaigns_release WHERE live_at IS NOT NULL AND site_id = ANY(%s)
) AS spans WHERE until IS NULL OR until > to_timestamp(%s / 1000.0) - make_interval(days => window_days)
"""
Goals = Mapping[int, FrozenGoal]  # by campaign; those without a goal are not in it


class _Pursued(msgspec.Struct):
    """The part of `campaigns.release.Source` that says it."""

    campaigns: list[FrozenCampaign]
    goals: list[FrozenGoal]


def pursued(releases: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Goals]:
    """(site, version) -> the goals of its campaigns. What is unknown is read by the drafts. One small query for each
    release that this process meets first."""
    found: dict[tuple[int, str], Goals] = {}
    drafts: dict[int, Goals] = {}
    for site, version in releases:
        try:
            found[site, version] = _read(site, version)
        except LookupError:
            drafts[site] = found[site, version] = drafts.get(site) or _drafts([site])[site]
    return found


def sought(sites: Iterable[int], since: int) -> dict[tuple[int, str], int]:
    """(site, event name) of whatever may reach a goal since that moment (milliseconds), by any release that visitors
    saw within the windows of its goals, and by the drafts -> the longest window of those goals, in milliseconds."""
    wanted = list(set(sites))
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE, [wanted, since])
        releases = cursor.fetchall()
    found = [(site, _windows(site, version)) for site, version in releases]
    found += [(site, _longest(meant)) for site, meant in _drafts(wanted).items()]
    windows: dict[tuple[int, str], int] = {}
    for site, longest in found:
        for event, window_ms in longest.items():
            windows[site, event] = max(window_ms, windows.get((site, event), 0))
    return windows


@lru_cache(maxsize=1000)
def _windows(site: int, version: str) -> Mapping[str, int]:
    try:
        return _longest(_read(site, version))
    except LookupError:  # of a release without goals: they are those of the drafts
        return {}


def _longest(goals: Goals) -> Mapping[str, int]:
    """Event -> the longest window of the goals that ask for it."""
    return {goal.event: goal.window_ms for goal in sorted(goals.values(), key=lambda goal: goal.window_ms)}


@lru_cache(maxsize=1000)  # a release never changes
def _read(site: int, version: str) -> Goals:
    """LookupError where there is no such release."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [site, version])
        row = cursor.fetchone()
    if row is None:
        raise LookupError(version)
    content = msgspec.json.decode(row[0], type=_Pursued)
    goals = {goal.id: goal for goal in content.goals}
    return {campaign.id: goals[campaign.goal] for campaign in content.campaigns if campaign.goal}


def _drafts(sites: Collection[int]) -> dict[int, Goals]:
    """By site."""
    found: dict[int, dict[int, FrozenGoal]] = {site: {} for site in sites}
    for campaign in Campaign.objects.filter(site__in=sites, goal__isnull=False).select_related("goal", "site"):
        if campaign.goal:
            found[campaign.site_id][campaign.pk] = campaign.goal.freeze(campaign.site)
    return dict(found)
