"""The campaign “Spring” of two rules on the hero, and whoever looks at its page."""

import pytest

from campaigns.models import Campaign
from tests.answers import text_of
from tests.campaigns.conftest import drafted
from tests.segments.conftest import keep

__all__ = ["drafted", "keep"]


@pytest.fixture
def spring(drafted):
    return Campaign.objects.get()


@pytest.fixture
def see(client, viewer):
    """A tab of “Spring” as text; by default as somebody who only looks."""

    def get(tab: str = "", who=viewer, **query) -> str:
        client.force_login(who)
        answer = client.get(f"/campaigns/c/spring/{tab}", query)
        assert answer.status_code == 200, answer
        return text_of(answer)

    return get
