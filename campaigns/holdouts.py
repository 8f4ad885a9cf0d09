"""Which visitors of a site do without campaigns, and since when?"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from campaigns import kept_releases
from campaigns.holdout_forms import held_percent
from campaigns.models import Campaign, Phase, Treatment
from campaigns.treatments import HELD
from sites.models import Site


class Holdout(NamedTuple):
    row: Treatment
    percent: Decimal | None  # as drafted; None where its arms do not say
    live_percent: float | None  # what visitors draw by; None: not published
    since: datetime | None  # of the visitors that it leaves out now

    @property
    def is_unpublished(self) -> bool:
        drafted = None if self.percent is None else float(self.percent)
        return self.live_percent is None or drafted is None or abs(drafted - self.live_percent) > 1e-6


def holdouts_of(site: Site) -> list[Holdout]:
    """That of all campaigns first. Three queries, and the live release."""
    rows = Treatment.objects.filter(site=site, kind=Treatment.Kind.HOLDOUT).select_related("campaign")
    ordered = sorted(rows.prefetch_related("arms"), key=lambda row: (row.campaign_id or 0, row.pk))
    return _with_standing(site, ordered)


def holdout_of(site: Site, campaign: Campaign | None) -> Holdout | None:
    rows = Treatment.objects.filter(site=site, kind=Treatment.Kind.HOLDOUT, campaign=campaign)
    return next(iter(_with_standing(site, rows.order_by("id").prefetch_related("arms"))), None)


def _with_standing(site: Site, rows: Iterable[Treatment]) -> list[Holdout]:
    rows = list(rows)
    release = kept_releases.live(site) if rows else None
    live = {one.treatment.id: one.treatment for one in release.holdouts} if release else {}
    begun: dict[tuple[int, str], datetime] = {}
    for phase in Phase.objects.filter(treatment__in=rows).order_by("treatment", "-number"):
        begun[phase.treatment_id, phase.seed] = phase.begun_at  # the first with this seed stays last
    found = []
    for row in rows:
        drawn = live.get(row.pk)
        held = next((arm.weight * 100 for arm in drawn.arms if arm.key == HELD), 0.0) if drawn else None
        since = begun.get((row.pk, drawn.seed)) if drawn else None
        found.append(Holdout(row, held_percent(row), held, since))
    return found
