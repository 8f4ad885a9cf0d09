"""What is watched for somebody whose page is open, and what is said when it changes?"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from campaigns.release import FrozenRelease
from personalization.decide import decide
from personalization.edge.asker import Asker, Found
from personalization.edge.http import Message, event, remark
from personalization.situation import Beside

Seen = Mapping[str, Hashable]  # whatever may change, by name


class Watch(Protocol):
    """One open stream of one visitor."""

    asker: Asker

    def look(self, release: FrozenRelease, found: Found, now: int, beside: Beside) -> Seen:
        """How things stand now."""

    def greet(self, seen: Seen) -> Message:
        """The first message: what changed between the client's question and this moment, nobody published to us."""

    def tell(self, changed: list[str], seen: Seen, *, is_news: bool) -> Message:
        """The next one; `is_news` says whether something was published, or only time has passed."""


class Sight(NamedTuple):
    """What a placement would show: a variant's key, "" for nothing, and what fills its holes."""

    variant: str
    values: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class PageWatch:
    """Of GET /v1/stream: says which placements of one page would show something else."""

    asker: Asker
    shown: dict[str, str]  # variants by placement, "" for nothing; kept up to date with what the page is told
    told: set[str]  # placements of which the page said what it shows

    def look(self, release: FrozenRelease, found: Found, now: int, beside: Beside) -> Seen:
        situation = self.asker.situation(release, found, now, self.shown, beside)
        sights = {}
        for one in decide(situation, list(self.shown)):
            key = release.variants[one.variant].key if one.variant >= 0 else ""
            sights[one.placement] = Sight(key, tuple(sorted((one.values or {}).items())))
        return sights

    def greet(self, seen: Seen) -> Message:
        changed = [key for key in self.told if key in seen and _variant(seen[key]) != self.shown[key]]
        return event("decisions", {"placements": changed}) if changed else remark("hello")

    def tell(self, changed: list[str], seen: Seen, *, is_news: bool) -> Message:
        self.shown.update({key: _variant(seen[key]) for key in changed})
        if changed:
            return event("decisions", {"placements": changed})
        return event("profile", {}) if is_news else remark("still here")


def _variant(sight: Hashable) -> str:
    return sight.variant if isinstance(sight, Sight) else ""
