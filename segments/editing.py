"""How are segments changed, and trainings asked for? Each verb is one transaction, with its entry in the change log.
What a segment is reaches visitors with the next release; how many are in it is counted at once."""

from django.db import transaction

from segments.forms import SegmentForm
from segments.models import Segment, TrainingRun
from segments.tasks import count_soon, train_soon
from segments.training_runs import next_run
from sites.editing import Needed, delete_row, save_row, set_value
from sites.models import Site
from sites.pages.copying import copy_row, free_key, name_of_copy
from sites.pages.history import Actor, record


@transaction.atomic
def save(segment: Segment, by: Actor) -> None:
    save_row(segment, by, lambda: SegmentForm(instance=segment, site=segment.site).fields)
    count_soon(segment)


def delete(segment: Segment, by: Actor) -> None:
    """Raises ProtectedError or RestrictedError where rules or conditions need it."""
    delete_row(segment, by)


@transaction.atomic
def set_archived(segment: Segment, archived: bool, by: Actor) -> None:
    """Out of the choices of rules, or back into them. Raises Needed."""
    if archived and (fault := segment.archive_fault()):
        raise Needed(fault)
    set_value(segment, "archived", archived, by, "Archived." if archived else "Brought back.")
    if not archived:
        count_soon(segment)


@transaction.atomic
def duplicate(segment: Segment, by: Actor) -> Segment:
    name = name_of_copy(segment.name)
    key = free_key(name, set(segment.site.segments.values_list("key", flat=True)))
    fresh = copy_row(segment, name=name, key=key, shipped=False, archived=False)
    record(by, fresh, f"Duplicated from “{segment}”.", created=True)
    count_soon(fresh)
    return fresh


@transaction.atomic
def ask_for_training(site: Site, by: Actor, kind: str | None = None) -> TrainingRun | None:
    """A run that a worker takes up soon; None where one is under way already."""
    if run := next_run(site, by, kind):
        train_soon(run)
    return run
