"""What do we keep of what a site says about a visitor?

Each trait is what was told last, by the time of telling; null unsets it. Objects and lists are kept whole, or not at
all.
"""

from typing import Any

import msgspec

from segments.bounds import MAX_TRAITS, MOST_EXACT, MOST_TRAIT_BYTES, TEXT
from segments.state import Profile, Trait

_encode = msgspec.msgpack.encode


def set_traits(profile: Profile, traits: dict[str, Any], at: int) -> None:
    times = times_of(profile)
    for name in sorted(traits):
        _set_trait(profile, times, name, traits[name], at)
    bound_traits(profile)


def _set_trait(profile: Profile, times: dict[str, int], name: str, value: object, at: int) -> None:
    if at < times.get(name, 0):
        return
    kept = None if value is None else make_keepable(value)
    if len(name) > TEXT or (kept is None and value is not None):
        profile.traits_left_out += 1
        return
    times[name] = at
    if kept is None:
        profile.traits.pop(name, None)
    else:
        profile.traits[name] = kept


def times_of(profile: Profile) -> dict[str, int]:
    """When each trait was told; of what older versions kept nothing is known, and anything wins."""
    times = profile.trait_times
    if len(times) < len(profile.traits):
        profile.trait_times = times = dict.fromkeys(profile.traits, 0) | times
    return times


def bound_traits(profile: Profile) -> None:
    """Those told last stay. That one was unset takes a place, too: a telling from before must not bring it back."""
    traits, times = profile.traits, profile.trait_times
    for name in sorted(times, key=lambda name: (times[name], name))[:-MAX_TRAITS]:
        del times[name]
        profile.traits_left_out += traits.pop(name, None) is not None
    # In one order, so that equal profiles have equal bytes.
    profile.traits, profile.trait_times = dict(sorted(traits.items())), dict(sorted(times.items()))


def make_keepable(value: object) -> Trait | None:
    """The value in a form that comes back from Postgres as it was; None for what cannot be kept."""
    kept = _make_exact(value)
    return kept if kept is not None and len(_encode(kept)) <= MOST_TRAIT_BYTES else None


def _make_exact(value: object) -> Trait | None:
    if isinstance(value, dict):
        return _make_object_exact(value)
    if isinstance(value, list):
        parts = [part for told in value if (part := _make_exact(told)) is not None]
        return parts if len(parts) == len(value) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) > MOST_EXACT:
            return None
        return value + 0  # jsonb knows no -0.0
    return value if isinstance(value, str | bool) else None


def _make_object_exact(told: dict[str, Any]) -> dict[str, Any] | None:
    """Its keys in one order; a null in it says nothing."""
    parts = {name: _make_exact(part) for name, part in sorted(told.items()) if part is not None}
    return None if None in parts.values() else parts
