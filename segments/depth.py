"""How far did one visitor come, of some steps? Pure.

Each step is an event of its own, later in the visitor's events than the step before, and all lie within a span of the
first. Of several attempts the one counts that came furthest; nothing is passed that was not done.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Done(NamedTuple):
    """One event: its moment in milliseconds, and which of the steps it is, bit i for the step i, counted from 0."""

    at: int
    steps: int


def depth_of(events: Sequence[Done], steps: int, within_ms: int) -> list[int]:
    """For each step that was reached, milliseconds after the first one, at the first time that it was reached; [0] for
    who took the first alone, [] for who did not. `events` are in the order of time.

    For each step it is enough to know the latest beginning from which it was reached: whoever could go on from an
    earlier one can from that (as windowFunnel of ClickHouse has it, in one pass).
    """
    begun: list[int | None] = [None] * steps
    reached: list[int] = []
    for event in events:
        # From the last step down, so that one event is not two steps.
        for step in range(steps - 1, -1, -1):
            if not event.steps >> step & 1:
                continue
            start = event.at if step == 0 else begun[step - 1]
            if start is None or event.at - start > within_ms:
                continue
            known = begun[step]
            begun[step] = start if known is None else max(known, start)
            if step == len(reached):
                reached.append(event.at - start)
    return reached
