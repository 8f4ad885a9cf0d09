"""/api/v1/results/"""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from personalization.models import ApiToken
from sites.times import ms_of
from tests import factories
from tests.results import HERO, decided, reaction, store, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(site, viewer):
    _, secret = ApiToken.issue(name="CI", scopes=["read"], created_by=viewer, site=site)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_results_have_counts_rates_and_their_intervals(api, site):
    now = ms_of(timezone.now()) - 60_000
    decisions = [decided(site, visitor(number), now, HERO, number=number) for number in range(120)]
    told = [reaction("Impression", each) for each in decisions] + [reaction("Click", each) for each in decisions[:12]]
    store(site, decisions, told)

    answer = api.get("/api/v1/results/", {"site": site.pk, "by": "segment", "period": "7"})

    assert answer.status_code == 200
    ((line,), currency) = answer.json()["results"], answer.json()["currency"]
    assert (line["value"], line["now"]["seen"], line["now"]["visitors"], currency) == ("coffee", 120, 120, "EUR")
    rate = line["now"]["click_rate"]
    assert (rate["value"], rate["events"], rate["trials"], rate["is_enough"]) == (0.1, 12, 120, True)
    assert rate["low"] < 0.1 < rate["high"]
    assert line["click_change"] is None


def test_wrong_parameters_are_named(api, site):
    other = factories.make_site(name="Other", write_key="wk_other")

    answer = api.get(
        "/api/v1/results/", {"site": other.pk, "by": "weather", "period": "ever", "order": "x", "sort": "y"}
    )

    assert answer.status_code == 400
    assert set(answer.json()) == {"site", "by", "period", "order", "sort"}


def test_strangers_are_refused(site):
    assert APIClient().get("/api/v1/results/").status_code == 401
