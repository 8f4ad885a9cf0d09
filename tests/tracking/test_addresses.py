import pytest

from tracking.addresses import client_of, country_of, in_data_centre, subscriber, truncate


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("[2001:db8:1:2::1]", "2001:db8:1::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("", ""),
        ("unknown", ""),
        ("203.0.113.77; drop table", ""),
    ],
)
def test_keeps_only_the_network_of_an_address(address, network):
    assert truncate(address) == network


def test_knows_blocks_of_hosting_companies():
    assert in_data_centre("138.197.1.1")
    assert in_data_centre("2a01:4f8:10a::1")
    assert not in_data_centre("203.0.113.77")
    assert not in_data_centre("unknown")


def test_believes_a_country_only_behind_a_trusted_proxy():
    headers = {"cf-ipcountry": "de"}

    assert country_of(headers, trusted_proxies=1) == "DE"
    assert country_of(headers, trusted_proxies=0) == ""


@pytest.mark.parametrize("code", ["XX", "T1", "DEU", "", "<b"])
def test_a_country_is_two_letters_of_somewhere(code):
    assert country_of({"x-country": code}, 1) == ""


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("198.51.100.9:51234", "198.51.100.9"),
        ("10.0.0.1, 198.51.100.9:51234", "198.51.100.9"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        (" 198.51.100.9 ", "198.51.100.9"),
    ],
)
def test_a_proxy_may_write_ports_and_brackets(forwarded, client):
    """ingest-address-with-port-1: each connection was an address of its own, and no network was kept."""
    assert client_of("10.9.9.9", forwarded, 1) == client
    assert truncate(forwarded.rpartition(",")[2]) == truncate(client) != ""
    assert subscriber(client_of("10.9.9.9", forwarded, 1)) == subscriber(client)
