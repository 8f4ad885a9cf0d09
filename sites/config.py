"""Which site does a write key belong to, and what are its settings?"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec

from sites.remembering import remember

# Characters of an Authorization header that may name a site: a key has at most 64, in base64 with a password as long
# some 180.
LONGEST_AUTHORIZATION = 256

# Hashed wherever they stand, whatever a site marks as personal: names under which clients repeat a visitor's ids and
# their proof.
ALWAYS_PERSONAL = frozenset(
    ("userId", "user_id", "anonymousId", "anonymous_id", "previousId", "previous_id", "distinct_id", "userHash")
)


class SiteConfig(msgspec.Struct, frozen=True, dict=True):
    """The plain snapshot of one `sites.models.Site`. Hosts are in lower case, without "www."."""

    id: int
    name: str
    domain: str
    write_key: str  # stands in every page
    salt: str
    currency: str  # of everything but the prices of items, which name theirs
    allowed_origins: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    unwanted_referrers: frozenset[str] = frozenset()
    time_zone: str = "UTC"
    consent_mode: Literal["opt_out", "opt_in"] = "opt_out"
    consent_in_europe: Literal["opt_out", "opt_in"] | None = None  # None: as elsewhere
    honour_dnt: bool = False
    drop_data_centres: bool = False
    personal_traits: frozenset[str] = frozenset()
    secret_key: str = ""  # of the site's servers: names any user, and signs userIds; "" proves nothing
    verify_users: bool = True  # whether a userId that comes with the write key needs a proof

    @cached_property
    def personal_in_traits(self) -> frozenset[str]:
        return self.personal_traits | ALWAYS_PERSONAL | {"id"}

    @cached_property
    def personal_in_properties(self) -> frozenset[str]:
        """As in traits, but for `name`: among properties that is the name of a product or page."""
        return (self.personal_traits | ALWAYS_PERSONAL) - {"name"}


class Access(NamedTuple):
    """What a key opens."""

    site: SiteConfig
    is_secret: bool  # the key of the site's servers

    @property
    def names_users(self) -> bool:
        """Whether userIds that come with this key need no proof."""
        return self.is_secret or not self.site.verify_users


class Sites:
    """Look-ups over one set of snapshots; immutable, replaced as a whole when a site changes."""

    def __init__(self, configs: list[SiteConfig]) -> None:
        self.by_key = {config.write_key: Access(config, is_secret=False) for config in configs}
        self.by_key |= {config.secret_key: Access(config, is_secret=True) for config in configs if config.secret_key}
        self.by_id = {config.id: config for config in configs}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sites) and self.by_id == other.by_id

    @classmethod
    def empty(cls) -> Sites:
        return cls([])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Sites:
        """From what `push` wrote. Raises msgspec.DecodeError, a ValueError, on anything else."""
        return cls(_decoder.decode(blob))

    def find(self, headers: Mapping[str, str], write_key: str = "") -> Access | None:
        """What a key opens that is given by Basic or Bearer authorization, by X-Write-Key, or elsewhere in the request
        (`write_key`)."""
        by_key = self.by_key
        authorization = headers.get("authorization")
        if (
            authorization
            and len(authorization) <= LONGEST_AUTHORIZATION
            and (access := by_key.get(_credential_in(authorization)))
        ):
            return access
        return by_key.get(write_key) or by_key.get(headers.get("x-write-key", ""))


@remember(1024, LONGEST_AUTHORIZATION)
def _credential_in(header: str) -> str:
    """The user of Basic authorization, the token of Bearer."""
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except ValueError:
        return ""


_decoder = msgspec.json.Decoder(list[SiteConfig])
