"""When would the flags of a client be others?"""

from dataclasses import dataclass, field

from campaigns.release import FrozenRelease
from personalization.edge.asker import Asker, Found
from personalization.edge.flags import decide_flags, etag_of
from personalization.edge.http import Message, event, remark
from personalization.edge.watching import Seen
from personalization.situation import Beside


@dataclass(slots=True)
class FlagsWatch:
    """Of OFREP's event stream: says that the flags would be others."""

    asker: Asker
    placements: list[str] | None  # that stand on one page; None: all, each by itself
    etag: str  # of the flags that the client has
    shown: dict[str, str] = field(default_factory=dict)
    version: str = ""  # of the release that was last looked at

    def look(self, release: FrozenRelease, found: Found, now: int, beside: Beside) -> Seen:
        situation = self.asker.situation(release, found, now, self.shown, beside)
        decisions = decide_flags(situation, self.placements)
        self.version = release.version
        self.shown = {one.placement: release.variants[one.variant].key for one in decisions if one.variant >= 0}
        return {"flags": etag_of(situation, decisions)}

    def greet(self, seen: Seen) -> Message:
        return self._refetch() if seen and seen["flags"] != self.etag else remark("hello")

    def tell(self, changed: list[str], seen: Seen, *, is_news: bool) -> Message:
        return self._refetch() if changed else remark("still here")

    def _refetch(self) -> Message:
        return event("message", {"type": "refetchEvaluation", "etag": self.version})
