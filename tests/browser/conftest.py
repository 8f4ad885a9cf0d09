"""What tests of the tracker share: a stub of the edge, and a visitor who notices every failure."""

import pytest

from tests.browser.complaints import complaints_of
from tests.browser.stub import Stub, stop_clock


@pytest.fixture
def stub():
    stub = Stub()
    yield stub
    stub.stop()


@pytest.fixture
def visitor(browser, stub):
    """A page of a fresh visitor, its clock stopped, that fails the test when anything throws or a promise is left
    alone."""
    with browser.new_context(base_url=stub.url) as context:
        stop_clock(context)
        page = context.new_page()
        complaints = complaints_of(page, is_ours)
        yield page
        assert complaints == []


def is_ours(message) -> bool:
    """A browser notes failed requests on the console by itself; every other error would be ours."""
    return "Failed to load resource" not in message.text
