"""How browsers write what people typed."""

import pytest

from sites.models import Site
from sites.push import snapshot
from tracking.browsers import origin_allowed


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("https://kölle.example", "https://xn--klle-5qa.example"),
        ("https://Straße.example/", "https://xn--strae-oqa.example"),
        ("HTTPS://Shop.example:443", "https://shop.example"),
        ("http://shop.example:80/", "http://shop.example"),
        ("http://shop.example:8080", "http://shop.example:8080"),
        ("https://shop.example:80", "https://shop.example:80"),
        ("https://xn--klle-5qa.example", "https://xn--klle-5qa.example"),
    ],
)
def test_an_origin_is_what_browsers_send_however_it_was_typed(typed, sent):
    """ingest-origins-as-people-write-them-1"""
    site = snapshot(
        Site(
            name="Shop",
            domain="Kölle.example",
            write_key="wk",
            salt="s",
            allowed_origins=[typed],
            internal_hosts=["www.Kölle.example:80"],
        )
    )

    assert site.allowed_origins == {sent}
    assert origin_allowed(site, sent)
    assert site.hosts == {"xn--klle-5qa.example"}
