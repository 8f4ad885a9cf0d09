"""Have rows that were stored before sources had one name each been given it? Can be asked again and again."""

from typing import Any

from tracking.sources import source_name, word

SPELLINGS = {"source": source_name, "medium": word, "campaign": word}


def mend_referrals(referrals: Any) -> int:
    """How many values of a queryset of referrals were written anew. One pass through the table for each column, one
    update for each value that was spelled otherwise."""
    changed = 0
    for column, spell in SPELLINGS.items():
        values = referrals.order_by(column).values_list(column, flat=True).distinct()
        for value in [value for value in values if spell(value) != value]:
            changed += referrals.filter(**{column: value}).update(**{column: spell(value)[:200]})
    return changed
