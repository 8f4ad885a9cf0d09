"""Whom do an anonymousId and a userId name, and may the sender speak for that user?

An anonymousId is a secret of its browser (128 random bits): who knows it is that browser. A userId is none, and the
write key stands in
every page: with that key a userId counts only with a proof, the userId signed with the site's secret key
(docs/decisions/0007). Without
one it is stored beside the events, and joins, reads and watches nothing.
"""

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from sites import pseudonyms
from sites.config import SiteConfig

Id = str | int | float | None
MAX_HASH = 64  # characters: SHA-256 in hex digits

# What programs write where they know no id. Two strangers who are both "undefined" are no person; the answer says so.
_PLACEHOLDERS = frozenset((
    "", "0", "-1", "undefined", "null", "(null)", "nil", "none", "nan", "n/a", "na", "false", "true", "unknown",
    "anonymous", "guest", "not_authenticated",
    "id", "user", "userid", "user_id", "anonymousid", "anonymous_id", "distinctid", "distinct_id", "email",
    "[object object]",
    "00000000-0000-0000-0000-000000000000",
))  # fmt: skip
_LONGEST_PLACEHOLDER = max(map(len, _PLACEHOLDERS))
_HOLES = (("{{", "}}"), ("${", "}"), ("<%", "%>"), ("%%", "%%"))  # of templates that nobody filled
_HOLES_BEGIN = tuple(begin for begin, _ in _HOLES)


class Identity(NamedTuple):
    """Who is named."""

    visitor: str  # made from the anonymousId; without one from the userId; "" names nobody
    user: str = ""  # the visitor made from the userId, "" without one
    proved: bool = True  # whether the sender may speak for the user
    reads: bool = True  # False of a userId alone that is not proved: what it says is stored, and read by nobody

    @property
    def joins(self) -> str:
        """The user whose history this is, "" where none is named or proved."""
        return self.user if self.proved else ""


def identify(site: SiteConfig, anonymous_id: Id, user_id: Id, proved: bool) -> Identity:
    """A userId alone that is not proved has a history of its own, which nobody can read: it may be anybody's."""
    user = "" if user_id is None or user_id == "" else pseudonyms.visitor_of_user(site.salt, str(user_id))
    if anonymous_id is not None and anonymous_id != "":
        return Identity(pseudonyms.visitor_of(site.salt, str(anonymous_id)), user, proved or not user)
    if not user or proved:
        return Identity(user, user)
    return Identity(pseudonyms.visitor_of_claim(site.salt, str(user_id)), user, proved=False, reads=False)


def sign(secret: str, user_id: str) -> str:
    """HMAC-SHA256 (RFC 2104) of the userId in UTF-8, as 64 hex digits: the `userHash` that a site's server hands to its
    pages."""
    return hmac.digest(secret.encode(), user_id.encode(), sha256).hex()


@lru_cache(maxsize=4096)
def is_signed(secret: str, user_id: str, user_hash: str) -> bool:
    return hmac.compare_digest(sign(secret, user_id).encode(), user_hash.lower().encode())


def proves(site: SiteConfig, user_id: Id, user_hash: object) -> bool:
    """Whether a hash that came with a public key shows that the site's server knows this user."""
    if not isinstance(user_hash, str) or len(user_hash) != MAX_HASH or user_id is None or not site.secret_key:
        return False
    return is_signed(site.secret_key, str(user_id), user_hash)


@lru_cache(maxsize=16_384)
def is_placeholder(identity: Id) -> bool:
    """Whether a text or number stands where a program knew no id."""
    if not isinstance(identity, str):
        # NaN is no number, not even itself.
        return identity is not None and (identity in (0, -1) or identity != identity)
    text = identity.strip()
    if len(text) <= _LONGEST_PLACEHOLDER and text.lower() in _PLACEHOLDERS:
        return True
    return text.startswith(_HOLES_BEGIN) and any(text.startswith(begin) and text.endswith(end) for begin, end in _HOLES)
