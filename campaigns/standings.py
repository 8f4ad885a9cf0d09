"""How does each campaign and each rule of a site stand? The release that visitors see, beside the rows of its draft."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from campaigns import kept_releases
from campaigns.composing import campaigns_in, differing, rules_differing
from campaigns.drafts import read_draft
from campaigns.models import ApprovalRequest, Campaign, Hold, Rule
from campaigns.narrowing import frozen_parts
from campaigns.rules import FrozenRule
from campaigns.states import Intent, Standing, standing
from sites.models import Site
from sites.times import ms_of


class Standings:
    """Of one site at one moment. Costs a query a table, and freezes the rules of the draft, but no item of the
    catalogue."""

    def __init__(self, site: Site, now: datetime) -> None:
        self._now = now
        live = kept_releases.live_parts(site)
        draft, broken = frozen_parts(read_draft(site, with_items=False), ms_of(now))
        self._time_zone = live.time_zone
        self._rules = {pk: part.rule for pk, part in live.rules.items()}
        self._by_campaign: dict[int, list[FrozenRule]] = defaultdict(list)
        for rule in self._rules.values():
            self._by_campaign[rule.campaign_id].append(rule)
        self._changed = campaigns_in(differing(live, draft)) | broken
        self._changed_rules = rules_differing(live, draft)
        self._held = campaigns_in(Hold.objects.filter(site=site).values_list("thing", flat=True))
        waiting = ApprovalRequest.objects.filter(campaign__site=site, outcome="")
        self._waiting = set(waiting.values_list("campaign_id", flat=True))
        self._published = set(
            Rule.objects.filter(campaign__site=site, first_published_at__isnull=False).values_list(
                "campaign_id", flat=True
            )
        )

    def of_campaign(self, row: Campaign) -> Standing:
        return standing(
            Intent(
                row.status == Campaign.Status.LIVE,
                is_archived=row.status == Campaign.Status.ARCHIVED,
                was_published=row.pk in self._published,
                is_new=row.status == Campaign.Status.DRAFT,
            ),
            self._by_campaign.get(row.pk, []),
            self._now,
            is_changed=row.pk in self._changed,
            is_held=row.pk in self._held,
            is_waiting=row.pk in self._waiting,
            time_zone=self._time_zone,
        )

    def of_rule(self, row: Rule) -> Standing:
        """`row.campaign` is read."""
        status = row.campaign.status
        seen = self._rules.get(row.pk)
        return standing(
            Intent(
                row.enabled and status == Campaign.Status.LIVE,
                is_archived=status == Campaign.Status.ARCHIVED,
                was_published=row.first_published_at is not None,
                is_new=row.enabled and status == Campaign.Status.DRAFT,
            ),
            [seen] if seen else [],
            self._now,
            is_changed=row.pk in self._changed_rules,
            is_held=row.campaign_id in self._held,
            is_waiting=row.campaign_id in self._waiting and (not seen or row.pk in self._changed_rules),
            time_zone=self._time_zone,
        )


def standings_of(rows: Iterable[Any], now: datetime) -> dict[int, Standing]:
    """Of campaigns, or of rules with their campaigns, of any sites, by id."""
    found = list(rows)
    sites = {site.pk: site for site in map(_site_of, found)}
    by_site = {pk: Standings(site, now) for pk, site in sites.items()}
    standing_of = {Campaign: Standings.of_campaign, Rule: Standings.of_rule}
    return {row.pk: standing_of[type(row)](by_site[_site_of(row).pk], row) for row in found}  # type: ignore[operator]


def _site_of(row: Campaign | Rule) -> Site:
    return row.campaign.site if isinstance(row, Rule) else row.site
