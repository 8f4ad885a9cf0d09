"""How is the arm of one visitor set by hand, and taken back? Each verb is one transaction, with its entry in the change
log, and edges hear of it at once, without a publication. While Redis is away, beat tells it within a minute."""

from uuid import UUID

from django.db import transaction

from campaigns.models import Override, Treatment
from personalization.bandits import pushing
from sites.pages.history import Actor, record


@transaction.atomic
def set_arm(treatment: Treatment, visitor: UUID, arm: str, note: str, by: Actor) -> Override:
    """In place of what was set before. Expects that the treatment has such an arm."""
    told = {"arm": arm, "note": note, "created_by": by.user}
    row, _ = Override.objects.update_or_create(treatment=treatment, visitor_id=visitor, defaults=told)
    because = f": {note}" if note else ""
    record(by, treatment, f"Visitor {visitor.hex} set to arm {arm} by hand{because}.")
    _push(treatment)
    return row


@transaction.atomic
def remove(row: Override, by: Actor) -> None:
    """The visitor draws again, as everybody does."""
    record(by, row.treatment, f"Visitor {row.visitor_id.hex} is no longer set to arm {row.arm} by hand.")
    row.delete()
    _push(row.treatment)


def _push(treatment: Treatment) -> None:
    transaction.on_commit(lambda: pushing.push({treatment.site_id}), robust=True)
