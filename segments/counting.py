"""Which event rows does a site count, and are all visitors counted yet?

The live release says which (`campaigns.golive` calls `use`). What is new has to be counted from the stored events
(`segments.recounting`); until a visitor's profile is complete for a row, conditions with it hold for nobody.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from django.utils import timezone

from segments.conditions.event_rows import Row, questions_in
from segments.conditions.saved import saved_groups
from segments.conditions.shapes import Condition, SavedGroups
from segments.models import CountedRow, Recount, Segment
from segments.tallies import Rows
from sites.models import Site
from tracking.models import Visitor


def rows_of(site_id: int) -> Rows:
    """What is counted now. One query."""
    return Rows.named(CountedRow.objects.filter(site=site_id).values_list("attribute", flat=True))


def remembering_rows() -> Callable[[int], Rows]:
    """`rows_of` for a walk through visitors of many sites: each site is asked for once."""
    return cache(rows_of)


def use(site: Site, rows: Iterable[Row]) -> bool:
    """From now on the site counts these, and no others. Whether some are new: then a recount has begun, to be carried
    out once this transaction is committed (`tasks.recount_soon`)."""
    wanted = {row.tally: row for row in rows}
    CountedRow.objects.filter(site=site).exclude(tally__in=wanted).delete()
    known = set(CountedRow.objects.filter(site=site).values_list("tally", flat=True))
    new = [CountedRow(site=site, tally=key, attribute=row.name) for key, row in wanted.items() if key not in known]
    CountedRow.objects.bulk_create(new)
    if new:
        begin(site)
    return bool(new)


def begin(site: Site) -> Recount:
    """A recount from the first visitor on, in place of one that is under way."""
    now = timezone.now()
    begun = {
        "visitors": Visitor.objects.filter(site=site, merged_into=None).count(),
        "done": 0,
        "after": None,
        "again": False,
        "started_at": now,
        "touched_at": now,
        "finished_at": None,
    }
    return Recount.objects.update_or_create(site=site, defaults=begun)[0]


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one site: what is not counted for all visitors yet, and how far that is."""

    uncounted: frozenset[str]  # `Row.tally`
    percent: int
    groups: SavedGroups

    def of(self, condition: Condition) -> int | None:
        """Per cent of the visitors that are counted, for a condition with rows that are not counted for all of them;
        None where all are, or nobody counts them: they are not published."""
        questions = questions_in(condition, self.groups) if self.uncounted else []
        return self.percent if any(question.row.tally in self.uncounted for question in questions) else None


def progress(site: Site) -> Progress:
    """Costs three queries where something is not counted, one where all is."""
    waiting = frozenset(CountedRow.objects.filter(site=site, counted_at=None).values_list("tally", flat=True))
    if not waiting:
        return Progress(waiting, 100, {})
    recount = Recount.objects.filter(site=site).first()
    groups = saved_groups(Segment.objects.filter(site=site, archived=False))
    return Progress(waiting, recount.percent if recount else 0, groups)
