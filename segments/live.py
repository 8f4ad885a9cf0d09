"""What is a visitor's profile at this moment, for pages and workers? The synchronous reader; the edge has
`segments.profiles`."""

from django.conf import settings

from segments.profile import Profile
from segments.profiles import reading_of
from segments.stored import follow, unpack
from sites import keys
from tracking.freshness import connection
from tracking.identity import Identity
from tracking.log.base import partition_of


def find(who: Identity) -> tuple[str, Profile]:
    """Whose history somebody reads who names these ids, and the profile, as the edge finds them; ("", empty) for
    nobody. Raises redis.RedisError."""
    reading = reading_of(who)
    try:
        wanted = next(reading)
        while True:
            visitor, profile = load(wanted)
            wanted = reading.send((visitor, profile or Profile()))
    except StopIteration as found:
        visitor, profile = found.value
        return visitor, profile


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
