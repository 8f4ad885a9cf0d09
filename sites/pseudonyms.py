"""What does a person's id become before anything is stored?

Keyed blake2b (RFC 7693), keyed by the site's salt: stable in a site, unlinkable between sites, and not to be guessed
without the salt. Each use has its own personalisation string, so an anonymousId and an equal userId give unrelated
hashes.
"""

from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=16_384)
def visitor_of(salt: str, anonymous_id: str) -> str:
    """The visitor behind an anonymousId: 32 hex digits."""
    return blake2b(anonymous_id.encode(), digest_size=16, key=salt.encode(), person=b"visitor").hexdigest()


@lru_cache(maxsize=16_384)
def visitor_of_user(salt: str, user_id: str) -> str:
    """The visitor behind a userId, when no anonymousId came along: 32 hex digits."""
    return blake2b(user_id.encode(), digest_size=16, key=salt.encode(), person=b"user").hexdigest()


@lru_cache(maxsize=16_384)
def visitor_of_claim(salt: str, user_id: str) -> str:
    """The visitor behind a userId that nobody has proved, when no anonymousId came along: 32 hex digits."""
    return blake2b(user_id.encode(), digest_size=16, key=salt.encode(), person=b"claim").hexdigest()


def visitor_apart(visitor: str, user: str) -> str:
    """Somebody who uses another person's device under a userId that is not proved: 32 hex digits, of two that are keyed
    hashes already."""
    return blake2b(f"{visitor}:{user}".encode(), digest_size=16, person=b"apart").hexdigest()


def pseudonym(salt: str, value: str) -> str:
    """What is stored in place of a personal value: 24 hex digits. Equal values stay equal, so they can still be counted
    and joined."""
    return blake2b(value.encode(), digest_size=12, key=salt.encode(), person=b"value").hexdigest()
