import pytest

from campaigns import kept_releases
from campaigns.models import Campaign, Release
from campaigns.publish import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(drafted, publisher, commit, redis_client):
    """The release before, and the one that visitors see."""
    first = commit(publish, drafted, publisher)
    Campaign.objects.update(name="Summer")
    return first, commit(publish, drafted, publisher)


def test_the_live_release_is_the_one_that_visitors_see(drafted, two):
    live = kept_releases.live(drafted)

    assert live.version == two[1].version
    assert [rule.campaign_name for rule in live.rules] == ["Summer", "Summer"]


def test_an_old_release_is_found_by_its_version_as_long_as_it_is_kept(drafted, two):
    first, _ = two

    assert kept_releases.of_version(drafted, first.version).version == first.version
    Release.objects.filter(pk=first.pk).update(compiled=b"")
    assert kept_releases.of_version(drafted, first.version) is None


def test_a_site_that_has_published_nothing_has_no_live_release(site):
    assert kept_releases.live(site) is None
