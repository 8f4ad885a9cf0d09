"""Between which moments may a rule win? Its own dates within those of its campaign. Pure."""

from datetime import datetime
from typing import NamedTuple


class Window(NamedTuple):
    """From `starts_at` until just before `ends_at`; None is no bound."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return self.starts_at is not None and self.ends_at is not None and self.starts_at >= self.ends_at

    def has_started(self, now: datetime) -> bool:
        return self.starts_at is None or self.starts_at <= now

    def has_ended(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    def within(self, other: "Window") -> "Window":
        """What both have in common; where that is nothing, `is_empty` holds."""
        starts = [window.starts_at for window in (self, other) if window.starts_at]
        ends = [window.ends_at for window in (self, other) if window.ends_at]
        return Window(max(starts, default=None), min(ends, default=None))
