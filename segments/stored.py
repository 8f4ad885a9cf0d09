"""In what form does a profile lie in Redis, and where does a redirect lead?

A value is a version of eight bytes, big-endian, and the encoded profile. Whoever writes names the version that was read
(`tracking.log.append`), so two writers cannot both win. The profile of a visitor whose history went elsewhere is a
redirect (`merged_into`).
"""

import time
from collections.abc import Callable, Generator
from typing import TypeVar

from segments.profile import Profile, decode, encode
from tracking.log.append import VERSION_BYTES

MAX_REDIRECTS = 16  # aliases of aliases; each costs a round trip

Answer = TypeVar("Answer")
Found = TypeVar("Found")
Following = Generator[str, Profile | None, tuple[str, Profile | None]]


def pack(profile: Profile, before: bytes | None = None) -> bytes:
    """The value that replaces `before`, one version on.

    Without one the version begins at the clock, so that a profile which expired and came again never has a version that
    somebody remembers, and one that is written over is new to whoever remembers it.
    """
    last = int.from_bytes(before[:VERSION_BYTES], "big") if before else time.time_ns()
    return (last + 1).to_bytes(VERSION_BYTES, "big") + encode(profile)


def unpack(value: bytes | None) -> Profile | None:
    """None where nothing is stored. Raises msgspec.ValidationError or msgspec.DecodeError on what `pack` did not
    write."""
    return decode(value[VERSION_BYTES:]) if value else None


def version_of(value: bytes | None) -> bytes:
    """As it is compared: b"" where nothing is stored."""
    return value[:VERSION_BYTES] if value else b""


def holds(value: bytes | None, profile: Profile) -> bool:
    """Whether the value is this profile, in whatever version: to the byte."""
    return value is not None and value[VERSION_BYTES:] == encode(profile)


def follow(visitor: str) -> Following:
    """The rule by which redirects are followed, whoever reads and by whatever means: yields visitors to load, is sent
    their profiles, returns the visitor at the end and the profile, None for somebody unknown."""
    for _ in range(MAX_REDIRECTS):
        profile = yield visitor
        if profile is None or not profile.merged_into:
            return visitor, profile
        visitor = profile.merged_into
    return visitor, None


def drive(asking: Generator[str, Answer, Found], read: Callable[[str], Answer]) -> Found:
    """Carries out `follow`, or another rule of its kind, where reading waits: `read` answers for each visitor that the
    rule asks for. Returns what the rule returns."""
    try:
        wanted = next(asking)
        while True:
            wanted = asking.send(read(wanted))
    except StopIteration as end:
        found: Found = end.value
        return found
