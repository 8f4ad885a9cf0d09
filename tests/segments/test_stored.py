"""The form of a stored profile, and where redirects lead."""

import msgspec
import pytest

from segments import stored
from segments.profile import Profile, encode
from segments.stored import MAX_REDIRECTS, follow, holds, pack, unpack, version_of
from tests.events import folded, page


def found_among(profiles, visitor):
    following = follow(visitor)
    asked = [next(following)]
    try:
        while True:
            asked.append(following.send(profiles.get(asked[-1])))
    except StopIteration as end:
        return end.value, len(asked)


def test_what_is_packed_comes_back():
    profile = folded(page())

    assert encode(unpack(pack(profile))) == encode(profile)
    assert unpack(None) is None


def test_each_value_is_one_version_on():
    first = pack(Profile())
    second = pack(folded(page()), first)

    assert int.from_bytes(version_of(second)) == int.from_bytes(version_of(first)) + 1
    assert version_of(None) == b""


def test_a_profile_that_comes_again_never_has_a_version_that_was(monkeypatch):
    clock = iter((1_000, 2_000))
    monkeypatch.setattr(stored.time, "time_ns", lambda: next(clock))
    values = [pack(Profile())]
    for _ in range(5):
        values.append(pack(Profile(), values[-1]))

    assert version_of(pack(Profile())) not in map(version_of, values)


def test_equal_profiles_are_known_in_whatever_version():
    value = pack(folded(page()), pack(Profile()))

    assert holds(value, folded(page())) and not holds(value, Profile()) and not holds(None, Profile())


def test_what_was_not_packed_is_refused():
    with pytest.raises(msgspec.MsgspecError):
        unpack(b"\0" * 8 + b"\xc1")


def test_redirects_lead_to_the_history():
    profiles = {"a": Profile(merged_into="b"), "b": Profile(merged_into="c"), "c": folded(page())}

    assert found_among(profiles, "a") == (("c", profiles["c"]), 3)
    assert found_among(profiles, "d") == (("d", None), 1)
    assert found_among({"a": Profile(merged_into="b")}, "a") == (("b", None), 2)


def test_a_circle_of_redirects_ends():
    (_, profile), asked = found_among({"a": Profile(merged_into="b"), "b": Profile(merged_into="a")}, "a")

    assert profile is None and asked == MAX_REDIRECTS
