"""What did the keys stand for in the release that a visitor saw? Marketers may rename a campaign or a variant; what
became of it is counted by id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec
from django.db import connection

from campaigns.models import AdVariant, Campaign
from campaigns.release import FrozenCampaign

READ = """
SELECT (source->'campaigns')::text, (SELECT jsonb_object_agg(variant->>1, variant->0) FROM jsonb_array_elements(source->'variants') AS variant)::text
FROM campaigns_release WHERE site_id = %s AND version = %s AND source->'campaigns' IS NOT NULL ORDER BY number LIMIT 1
"""
# Releases that visitors may have seen since a moment: live until then or later.
SEEN_SINCE = """
SELECT site_id, version FROM (
    SELECT site_id, version, lead(live_at) OVER (PARTITION BY site_id ORDER BY live_at) AS until
    FROM campaigns_release WHERE live_at IS NOT NULL AND site_id = ANY(%s)
) AS spans WHERE until IS NULL OR until > to_timestamp(%s / 1000.0)
"""
NOTHING = FrozenCampaign(0, "", "")  # where no campaign won, or nobody knows any more what the key stood for


class Unknown(LookupError):
    """There is no such release, or it was frozen by a Segue that did not note its campaigns."""


@dataclass(frozen=True)
class Published:
    """By key."""

    campaigns: Mapping[str, FrozenCampaign]
    variants: Mapping[str, int]

    def campaign(self, key: str) -> FrozenCampaign:
        return self.campaigns.get(key, NOTHING)

    def variant(self, key: str) -> int:
        """0: none."""
        return self.variants.get(key, 0)


def published(releases: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Published]:
    """(site, version) -> what it held. What is unknown is read by the drafts. One small query for each release that
    this process meets first."""
    found: dict[tuple[int, str], Published] = {}
    drafts: dict[int, Published] = {}
    for site, version in releases:
        try:
            found[site, version] = _read(site, version)
        except Unknown:
            drafts[site] = found[site, version] = drafts.get(site) or _drafts(site)
    return found


def goals(sites: Iterable[int], since: int) -> set[tuple[int, str]]:
    """(site, event name) of whatever counts as a conversion, in any release that visitors saw since (milliseconds), and
    in the drafts."""
    wanted = list(set(sites))
    with connection.cursor() as cursor:
        cursor.execute(SEEN_SINCE, [wanted, since])
        releases = set(cursor.fetchall())
    pursued = {
        (site, campaign.goal) for (site, _), seen in published(releases).items() for campaign in seen.campaigns.values()
    }
    return pursued | set(Campaign.objects.filter(site__in=wanted).values_list("site_id", "goal"))


@lru_cache(maxsize=1000)  # a release never changes
def _read(site: int, version: str) -> Published:
    with connection.cursor() as cursor:
        cursor.execute(READ, [site, version])
        row = cursor.fetchone()
    if row is None:
        raise Unknown(version)
    campaigns = msgspec.json.decode(row[0], type=list[FrozenCampaign])
    return Published(
        {campaign.key: campaign for campaign in campaigns}, msgspec.json.decode(row[1] or "{}", type=dict[str, int])
    )


def _drafts(site: int) -> Published:
    campaigns = {
        key: FrozenCampaign(pk, key, goal)
        for pk, key, goal in Campaign.objects.filter(site=site).values_list("pk", "key", "goal")
    }
    return Published(campaigns, dict(AdVariant.objects.filter(site=site).values_list("key", "pk")))
