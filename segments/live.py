"""What is a visitor's profile at this moment, for pages and workers? The synchronous reader; the edge has
`segments.profiles`."""

from django.conf import settings

from segments.profile import Profile
from segments.stored import follow, unpack
from sites import keys
from tracking.freshness import connection
from tracking.log.base import partition_of


def load(visitor: str) -> tuple[str, Profile | None]:
    """The visitor after redirects, and the profile; None for somebody unknown. Raises redis.RedisError."""
    following = follow(visitor)
    wanted = next(following)
    while True:
        value = connection().get(keys.profile(partition_of(wanted, settings.LOG_PARTITIONS), wanted))
        try:
            wanted = following.send(unpack(value))
        except StopIteration as end:
            return end.value
