"""What is a visitor's profile at this moment, for pages and workers? The synchronous reader; the edge has
`segments.profiles`."""

from django.conf import settings

from segments.profile import Profile, decode
from sites import keys
from tracking.freshness import connection
from tracking.log.append import VERSION_BYTES
from tracking.log.base import partition_of

MAX_REDIRECTS = 4


def load(visitor: str) -> tuple[str, Profile | None]:
    """The visitor after redirects, and the profile; None for somebody unknown. Raises redis.RedisError."""
    for _ in range(MAX_REDIRECTS):
        value = connection().get(keys.profile(partition_of(visitor, settings.LOG_PARTITIONS), visitor))
        profile = decode(value[VERSION_BYTES:]) if value else None
        if profile is None or not profile.merged_into:
            return visitor, profile
        visitor = profile.merged_into
    return visitor, None
