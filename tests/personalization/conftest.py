"""What tests of pages that mix apps share."""

import pytest


@pytest.fixture
def see(client, viewer):
    """A page as text, as somebody sees it who only looks."""
    client.force_login(viewer)

    def get(address: str, status: int = 200, **query) -> str:
        answer = client.get(address, query)
        assert answer.status_code == status, answer
        return " ".join(answer.content.decode().split())

    return get
