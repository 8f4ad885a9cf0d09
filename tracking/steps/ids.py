"""Which ids does a request name, and may they stand anywhere else in it, where they would give the person away?"""

import re

from tracking.formats.segment import Message
from tracking.intake import Intake

_MANY = 8  # ids of a request, beyond which counting each costs more than the walk that it spares
_WRITTEN_ALIKE = re.compile(r"[\w.~-]*", re.ASCII)  # in an address as anywhere else


def ids_of(sender: Message) -> list[str]:
    """The ids that messages of one sender name, as text."""
    return [
        str(one)
        for one in (sender.anonymous_id, sender.user_id, sender.previous_id, sender.group_id)
        if one is not None and one != ""
    ]


def all_ids(intake: Intake) -> set[str]:
    ids: set[str] = set()
    for stretch in intake.stretches:
        ids.update(ids_of(stretch.first))
    return ids


def repeats_ids(intake: Intake) -> bool:
    """Whether some text of the request may hold an id that it names. Worked out once.

    A cheap look at the bytes, so that the common batch is not walked value by value: no escape that could hide one (one
    byte is found ten times faster than two), none that an address would write otherwise, and each exactly as often as
    the messages name it, but for those that they have of the question which they came along with.
    """
    if intake.repeats_ids is None:
        intake.repeats_ids = _may_repeat(intake)
    return intake.repeats_ids


def _may_repeat(intake: Intake) -> bool:
    body, ids = intake.body, all_ids(intake)
    if b"\\" in body or len(ids) > _MANY or (b"%" in body and not all(map(_WRITTEN_ALIKE.fullmatch, ids))):
        return True
    named = -intake.envelope.inherited
    for stretch in intake.stretches:
        sender = stretch.first
        named += len(stretch.messages) * ((sender.anonymous_id is not None) + (sender.user_id is not None))
    return sum([body.count(identity.encode()) for identity in ids]) != named
