"""What the edge takes from a request's head."""

import pytest

from personalization.edge.http import Request

PEER = "10.0.0.9"


def request(*forwarded):
    headers = [(b"x-forwarded-for", ", ".join(forwarded).encode())] if forwarded else []
    return Request({"method": "GET", "path": "/", "query_string": b"", "headers": headers, "client": (PEER, 4000)})


@pytest.mark.parametrize(
    ("trusted_proxies", "forwarded", "address"),
    [
        (0, ["203.0.113.1"], PEER),  # without a proxy the header is the client's own claim
        (1, [], PEER),
        (1, ["198.51.100.66", "203.0.113.1"], "203.0.113.1"),  # what stands before is the client's claim again
        (2, ["198.51.100.66", "203.0.113.1", "10.0.0.2"], "203.0.113.1"),
        (2, ["203.0.113.1"], "203.0.113.1"),
    ],
)
def test_the_clients_address_is_what_the_outermost_trusted_proxy_wrote(trusted_proxies, forwarded, address):
    assert request(*forwarded).address(trusted_proxies) == address


def test_what_is_no_address_is_cut_before_anybody_counts_by_it():
    assert len(request("x" * 300_000).address(1)) == 64
