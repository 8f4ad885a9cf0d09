"""Which experiments does a site have, how does each stand, and what does it say in a word?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, Sum

from campaigns.models import Metric, Treatment
from campaigns.results.analysis import analyse
from personalization.experiment_page.standing import (
    ARCHIVED,
    DECIDED,
    DRAFT,
    RESTING,
    RUNNING,
    Standing,
    standings_of,
)
from personalization.experiments.reading import read
from personalization.models import UnitSum
from sites.models import Site

KINDS = {
    Treatment.Kind.SPLIT: "A/B test",
    Treatment.Kind.BANDIT: "Bandit",
    Treatment.Kind.HOLDOUT: "Holdout",
    "control": "Control share",
}
ACTIONS = {"ship": "Ship", "stop": "Stop", "wait": "Wait", "repair": "Repair"}
STYLES = {"ship": "good", "stop": "bad", "repair": "bad"}


@dataclass(frozen=True)
class Listed:
    treatment: Treatment
    kind: str
    standing: Standing
    visitors: int
    metric: str  # that decides
    verdict: str = ""  # "" where nothing is to be said yet
    style: str = ""
    arm: str = ""

    @property
    def since(self) -> datetime | None:
        return self.standing.phase.begun_at if self.standing.phase else None


FIRST = (RUNNING, RESTING, DRAFT, DECIDED, ARCHIVED)
ORDERS: dict[str, tuple[str, Callable[[Listed], Any]]] = {
    "state": ("State", lambda row: (FIRST.index(row.standing.state), row.treatment.name.casefold())),
    "name": ("Name", lambda row: row.treatment.name.casefold()),
    "since": ("Latest begun", lambda row: -(row.since.timestamp() if row.since else 0)),
    "visitors": ("Most visitors", lambda row: -row.visitors),
}


def experiments_of(
    site: Site, now: datetime, text: str = "", state: str = "", kind: str = "", order: str = ""
) -> list[Listed]:
    """Without a state, all that are not archived. The verdict of each that runs is reckoned: seven queries each."""
    found = Treatment.objects.filter(site=site).prefetch_related("arms").order_by("name", "id")
    if text:
        named = Q(name__icontains=text) | Q(key__icontains=text) | Q(hypothesis__icontains=text)
        found = found.filter(
            named | Q(rules__name__icontains=text) | Q(rules__campaign__name__icontains=text)
        ).distinct()
    rows = list(found)
    standings = standings_of(site, rows, now)
    visitors, deciding = _visitors(rows), _deciding(rows)
    listed = []
    for row in rows:
        standing, words = standings[row.pk], kind_of(row)
        if (state and standing.state != state) or (not state and standing.state == ARCHIVED):
            continue
        if kind and kind != words:
            continue
        row.site = site
        verdict = _verdict(row, standing, now)
        listed.append(Listed(row, KINDS[words], standing, visitors.get(row.pk, 0), deciding.get(row.pk, ""), *verdict))
    return sorted(listed, key=ORDERS[order if order in ORDERS else "state"][1])


def kind_of(row: Treatment) -> str:
    """A test of one creative against nothing is a control share. Reads the arms."""
    arms = list(row.arms.all())
    if row.kind == Treatment.Kind.SPLIT and len(arms) == 2 and any(arm.variant_id is None for arm in arms):
        return "control"
    return row.kind


def _verdict(row: Treatment, standing: Standing, now: datetime) -> tuple[str, str, str]:
    """(word, style, arm). Bandits decide by themselves."""
    if standing.conclusion and standing.state not in (RUNNING, RESTING):
        return standing.conclusion.get_outcome_display(), "", standing.conclusion.arm_name
    if row.kind == Treatment.Kind.BANDIT or standing.phase is None:
        return "", "", ""
    told = read(row, now)
    verdict = analyse(told.experiment, told.counted).verdict
    names = {arm.key: arm.name for arm in told.experiment.arms}
    return ACTIONS[verdict.action], STYLES.get(verdict.action, ""), names.get(verdict.arm, "")


def _visitors(rows: list[Treatment]) -> dict[int, int]:
    """Of the present phase of each."""
    ids = [row.pk for row in rows]
    phases = {row.pk: row.phase for row in rows}
    sums = UnitSum.objects.filter(treatment_id__in=ids, dimension="").values_list("treatment_id", "phase")
    told = sums.annotate(Sum("units")).order_by("treatment_id", "phase")
    return {pk: count for pk, phase, count in told if phases[pk] == phase}


def _deciding(rows: list[Treatment]) -> dict[int, str]:
    found = Metric.objects.filter(treatment__in=rows, role=Metric.Role.PRIMARY).select_related("goal")
    return {metric.treatment_id: metric.goal.name if metric.goal else "Clicks" for metric in found}
