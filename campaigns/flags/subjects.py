"""Of whom is a feature asked? Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.flags.documents import Division
from campaigns.flags.sticking import StickyDocument

ID = "id"  # the attribute that is hashed where none is named


@dataclass(slots=True)
class Subject:
    """A visitor, and what is asked on the way.

    `sticky` are the documents of the visitor's sticky buckets, as `sticking.name_of` calls them: what is assigned is
    noted there, for the caller to keep. None: buckets do not stick.
    """

    attributes: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""  # may force a variation: `?<experiment>=<position>`
    forced_variations: Mapping[str, int] = field(default_factory=dict)  # by experiment
    enabled: bool = True
    qa_mode: bool = False  # only what is forced
    sticky: dict[str, StickyDocument] | None = None

    def unit(self, division: Division) -> tuple[str, Any]:
        """The attribute that is hashed, and its value; a value that is missing is ""."""
        attribute = division.hash_attribute or ID
        value = self.attributes.get(attribute) or ""
        if not value and division.fallback_attribute and self.sticks(division):
            fallback = self.attributes.get(division.fallback_attribute)
            if fallback:
                return division.fallback_attribute, fallback
        return attribute, value

    def sticks(self, division: Division) -> bool:
        return self.sticky is not None and not division.disable_sticky_bucketing


def text_of(value: Any) -> str:
    """A value as JavaScript writes it, since every SDK hashes the same text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)
