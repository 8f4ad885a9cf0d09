"""What pages and workers read of a profile: the same history as the edge, for the same ids."""

import pytest
from django.conf import settings

from segments import live
from segments.profile import Profile
from segments.stored import pack
from sites import keys
from tracking.identity import Identity
from tracking.log.base import partition_of

DEVICE, USER, OTHER, NOBODY = "a" * 32, "b" * 32, "c" * 32, "d" * 32


@pytest.fixture
def put(redis_client):
    def put(visitor, profile):
        redis_client.set(keys.profile(partition_of(visitor, settings.LOG_PARTITIONS), visitor), pack(profile))

    return put


def test_a_redirect_is_followed(put):
    put(DEVICE, Profile(merged_into=USER))
    put(USER, Profile(seq=4))

    assert live.load(DEVICE) == (USER, Profile(seq=4))
    assert live.find(Identity(DEVICE)) == (USER, Profile(seq=4))


def test_nobody_known_has_no_profile_to_load_and_an_empty_one_to_find(put):
    assert live.load(NOBODY) == (NOBODY, None)
    assert live.find(Identity(NOBODY)) == (NOBODY, Profile())
    assert live.find(Identity("")) == ("", Profile())


def test_a_user_on_somebody_elses_device_finds_their_own_history(put):
    put(DEVICE, Profile(seq=2, user=OTHER))
    put(USER, Profile(seq=3, user=USER))

    assert live.find(Identity(DEVICE, USER)) == (USER, Profile(seq=3, user=USER))
    assert live.find(Identity(DEVICE, OTHER)) == (DEVICE, Profile(seq=2, user=OTHER))
