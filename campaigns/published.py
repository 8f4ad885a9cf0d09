"""What did a campaign pursue in the release that a visitor saw? Marketers may change a goal; what counts is the one
that counted when the visitor looked."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec
from django.db import connection

from campaigns.models import Campaign
from campaigns.release import FrozenCampaign

READ = """
SELECT (source->'campaigns')::text FROM campaigns_release
WHERE site_id = %s AND version = %s AND source->'campaigns' IS NOT NULL ORDER BY number LIMIT 1
"""
# Releases that visitors may have seen since a moment: live until then or later.
SEEN_SINCE = """
SELECT site_id, version FROM (
    SELECT site_id, version, lead(live_at) OVER (PARTITION BY site_id ORDER BY live_at) AS until
    FROM campaigns_release WHERE live_at IS NOT NULL AND site_id = ANY(%s)
) AS spans WHERE until IS NULL OR until > to_timestamp(%s / 1000.0)
"""
Goals = Mapping[int, str]  # by campaign: the event that counted


def pursued(releases: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Goals]:
    """(site, version) -> the goals of its campaigns. What is unknown is read by the drafts. One small query for each
    release that this process meets first."""
    found: dict[tuple[int, str], Goals] = {}
    drafts: dict[int, Goals] = {}
    for site, version in releases:
        try:
            found[site, version] = _read(site, version)
        except LookupError:
            drafts[site] = found[site, version] = drafts.get(site) or _drafts(site)
    return found


def goals(sites: Iterable[int], since: int) -> set[tuple[int, str]]:
    """(site, event name) of whatever counts as a conversion, in any release that visitors saw since (milliseconds), and
    in the drafts."""
    wanted = list(set(sites))
    with connection.cursor() as cursor:
        cursor.execute(SEEN_SINCE, [wanted, since])
        releases = set(cursor.fetchall())
    published = {(site, goal) for (site, _), meant in pursued(releases).items() for goal in meant.values()}
    return published | set(Campaign.objects.filter(site__in=wanted).values_list("site_id", "goal"))


@lru_cache(maxsize=1000)  # a release never changes
def _read(site: int, version: str) -> Goals:
    """LookupError where there is no such release."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [site, version])
        row = cursor.fetchone()
    if row is None:
        raise LookupError(version)
    return {campaign.id: campaign.goal for campaign in msgspec.json.decode(row[0], type=list[FrozenCampaign])}


def _drafts(site: int) -> Goals:
    return dict(Campaign.objects.filter(site=site).values_list("pk", "goal"))
