import pytest

from segments import live
from segments.profile import Profile
from tests.events import folded, page
from tracking.identity import Identity

pytestmark = pytest.mark.django_db
BROWSER, USER, NOBODY = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def histories(keep):
    """A user's history, and a browser's that has gone there."""
    keep(USER, folded(page(), page()))
    keep(BROWSER, Profile(merged_into=USER))


def test_a_redirect_is_followed_to_the_history(histories):
    visitor, profile = live.load(BROWSER)

    assert (visitor, profile.seq) == (USER, 2)


def test_nobody_is_no_profile(redis_client):
    assert live.load(NOBODY) == (NOBODY, None)


def test_whoever_names_these_ids_is_shown_what_the_edge_reads(histories):
    visitor, profile = live.find(Identity(BROWSER, USER))

    assert (visitor, profile.seq) == (USER, 2)
    assert live.find(Identity(NOBODY, USER))[0] == USER
    assert live.find(Identity(NOBODY)) == (NOBODY, Profile())
    assert live.find(Identity(NOBODY, reads=False)) == ("", Profile())
