"""The demo is set up once; started again it leaves to people what is theirs."""

import pytest

from campaigns.models import AdVariant, Release, Rule
from personalization.demo import site as shop
from tests import factories

pytestmark = pytest.mark.urls("tests.personalization.demo.urls")


def test_a_second_start_does_not_publish_what_people_have_drafted(transactional_db, valkey_server):
    shop.install("http://127.0.0.1:8000", factories.TESTER)
    pictured = AdVariant.objects.filter(key__in=shop.PICTURED).exclude(image_url="").values_list("key", flat=True)
    assert set(pictured) == shop.PICTURED.keys()  # what everybody sees first
    AdVariant.objects.update(image_url="")
    Rule.objects.update(priority=7)
    shop.install("http://127.0.0.1:8000", factories.TESTER)

    assert [release.note for release in Release.objects.all()] == ["The shop opens"]
    assert set(AdVariant.objects.values_list("image_url", flat=True)) == {""}
    assert set(Rule.objects.values_list("priority", flat=True)) == {7}
