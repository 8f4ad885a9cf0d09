"""How often has this visitor seen a rule's creative?

Impressions are events, folded into the profile, so the count is exact and needs no store of its own. A profile keeps
for each rule id the local day of the latest impression, the impressions on that day, and those in all.
"""

from collections.abc import Mapping, Sequence

Shown = Mapping[str, Sequence[int]]


def impressions(shown: Shown, rule_id: int, day: int) -> tuple[int, int]:
    """(on this day, in all). `day` is the local day number in the site's time zone."""
    seen = shown.get(str(rule_id))
    if seen is None:
        return 0, 0
    on, today, total = seen
    return (today if on == day else 0), total
