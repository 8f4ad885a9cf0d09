"""What is a visitor's profile at this moment, for pages and workers? The synchronous reader; the edge has
`segments.profiles`."""

from django.conf import settings

from segments.profile import Profile
from segments.profiles import reading_of
from segments.stored import drive, follow, unpack
from sites import keys
from tracking.freshness import connection
from tracking.identity import Identity
from tracking.log.base import partition_of


def load(visitor: str) -> tuple[str, Profile | None]:
    """The visitor after redirects, and the profile; None for somebody unknown. Raises redis.RedisError."""
    return drive(follow(visitor), _read)


def find(who: Identity) -> tuple[str, Profile]:
    """Whose history the edge reads for the same ids, and the profile; ("", empty) for nobody. Raises
    redis.RedisError."""
    return drive(reading_of(who), _load_or_empty)


def _load_or_empty(visitor: str) -> tuple[str, Profile]:
    visitor, profile = load(visitor)
    return visitor, profile or Profile()


def _read(visitor: str) -> Profile | None:
    return unpack(connection().get(keys.profile(partition_of(visitor, settings.LOG_PARTITIONS), visitor)))
