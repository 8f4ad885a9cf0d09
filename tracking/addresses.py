"""What does a network address tell: how much of it may be kept, is it a data centre's, which country does a proxy say
it is in?"""

from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from sites.remembering import remember

LONGEST = 64  # characters of an address, a zone included

# Headers in which content delivery networks and proxies state the visitor's country.
COUNTRY_HEADERS = (
    "cf-ipcountry",
    "cloudfront-viewer-country",
    "x-vercel-ip-country",
    "x-appengine-country",
    "fastly-client-country",
    "x-country-code",
    "x-country",
)

# Larger blocks of hosting companies, as their public allocations read; enough to notice a scraper, no complete list.
DATA_CENTRES = """
3.0.0.0/9 3.128.0.0/9 13.64.0.0/11 18.128.0.0/9 20.33.0.0/16 20.36.0.0/14 20.40.0.0/13 20.48.0.0/12 20.64.0.0/10
20.184.0.0/13 34.64.0.0/10 34.128.0.0/10
34.192.0.0/10 35.184.0.0/13 35.192.0.0/12 35.208.0.0/12 35.224.0.0/12 40.64.0.0/10 44.192.0.0/10 50.16.0.0/14
52.0.0.0/11 52.32.0.0/11 52.64.0.0/12
52.192.0.0/11 52.224.0.0/11 54.64.0.0/11 54.144.0.0/12 54.160.0.0/11 54.192.0.0/12 54.208.0.0/13 54.216.0.0/14
104.40.0.0/13 104.154.0.0/15 104.196.0.0/14
107.20.0.0/14 130.211.0.0/16 146.148.0.0/17 174.129.0.0/16 184.72.0.0/15 204.236.128.0/17
46.101.0.0/16 68.183.0.0/16 104.131.0.0/16 104.248.0.0/16 128.199.0.0/16 134.209.0.0/16 138.68.0.0/16 138.197.0.0/16
139.59.0.0/16 142.93.0.0/16 157.230.0.0/16
157.245.0.0/16 159.65.0.0/16 159.89.0.0/16 159.203.0.0/16 161.35.0.0/16 164.90.0.0/16 165.22.0.0/16 165.227.0.0/16
167.71.0.0/16 167.99.0.0/16 178.62.0.0/16
178.128.0.0/16 188.166.0.0/16 206.189.0.0/16 207.154.192.0/18
5.9.0.0/16 49.12.0.0/15 65.108.0.0/15 78.46.0.0/15 88.99.0.0/16 88.198.0.0/16 94.130.0.0/16 95.216.0.0/15 116.202.0.0/15
128.140.0.0/17 135.181.0.0/16
136.243.0.0/16 138.201.0.0/16 142.132.128.0/17 144.76.0.0/16 148.251.0.0/16 157.90.0.0/16 159.69.0.0/16 162.55.0.0/16
167.235.0.0/16 168.119.0.0/16
176.9.0.0/16 178.63.0.0/16 188.40.0.0/16 195.201.0.0/16 213.133.96.0/19 213.239.192.0/18
5.39.0.0/17 5.135.0.0/16 5.196.0.0/16 37.59.0.0/16 37.187.0.0/16 46.105.0.0/16 51.38.0.0/16 51.68.0.0/16 51.75.0.0/16
51.77.0.0/16 51.83.0.0/16 51.89.0.0/16
51.91.0.0/16 51.178.0.0/16 51.195.0.0/16 51.254.0.0/15 54.36.0.0/14 87.98.128.0/17 91.121.0.0/16 94.23.0.0/16
137.74.0.0/16 142.44.128.0/17 144.217.0.0/16
145.239.0.0/16 147.135.0.0/16 149.202.0.0/16 151.80.0.0/16 158.69.0.0/16 164.132.0.0/16 167.114.0.0/16 176.31.0.0/16
178.32.0.0/15 188.165.0.0/16
192.99.0.0/16 198.27.64.0/18 198.50.128.0/17 213.32.0.0/17
45.33.0.0/17 45.56.64.0/18 45.79.0.0/16 50.116.0.0/18 66.228.32.0/19 69.164.192.0/19 96.126.96.0/19 139.162.0.0/16
172.104.0.0/15 173.255.192.0/18
178.79.128.0/17 198.58.96.0/19
2600:1f00::/24 2a05:d000::/25 2600:1900::/28 2a01:4f8::/29 2a01:4f9::/32 2001:41d0::/32 2604:a880::/32 2a03:b0c0::/32
2600:3c00::/28 2a01:7e00::/30
"""


def _ranges(version: int) -> tuple[list[int], list[int]]:
    networks = sorted(
        (n for n in map(ip_network, DATA_CENTRES.split()) if n.version == version), key=lambda n: int(n.network_address)
    )
    return [int(n.network_address) for n in networks], [int(n.broadcast_address) for n in networks]


_RANGES = {4: _ranges(4), 6: _ranges(6)}


def strip_port(address: str) -> str:
    """Without the port and the brackets that some proxies write (RFC 7239, 6), so that all connections of an address
    are one."""
    address = address.strip()
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(strip_port(address).partition("%")[0])
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed


@remember(16_384, LONGEST)
def truncate(address: str) -> str:
    """The network that an address lies in: the first 24 bits of IPv4, the first 48 of IPv6; "" for what is no
    address."""
    parsed = _parse(address)
    if parsed is None:
        return ""
    kept = 0xFFFFFF00 if parsed.version == 4 else ((1 << 48) - 1) << 80
    return str(type(parsed)(int(parsed) & kept))


def client_of(peer: str, forwarded_for: str, trusted_proxies: int) -> str:
    """The client's address: the entry of X-Forwarded-For that the outermost trusted proxy wrote, else the peer's."""
    if not trusted_proxies or not forwarded_for:
        return peer
    hops = forwarded_for.split(",")
    return strip_port(hops[-min(trusted_proxies, len(hops))])[:LONGEST]


@remember(16_384, LONGEST)
def subscriber(address: str) -> str:
    """Whom an address stands for: an IPv6 subscriber has all addresses with the same first 64 bits, and may use another
    for each request."""
    parsed = _parse(address)
    return address if parsed is None or parsed.version == 4 else str(IPv6Address(int(parsed) >> 64 << 64))


@remember(16_384, LONGEST)
def in_data_centre(address: str) -> bool:
    """Whether the address belongs to a block that hosting companies rent out: people rarely browse from there."""
    parsed = _parse(address)
    if parsed is None:
        return False
    starts, ends = _RANGES[parsed.version]
    position = bisect_right(starts, int(parsed)) - 1
    return position >= 0 and int(parsed) <= ends[position]


def country_of(headers: Mapping[str, str], trusted_proxies: int) -> str:
    """ISO 3166 alpha-2 as a proxy in front of us states it; "" without one, since then the header is the client's own
    claim."""
    if not trusted_proxies:
        return ""
    for name in COUNTRY_HEADERS:
        if name in headers and (code := _country(headers[name][:LONGEST])):
            return code
    return ""


@lru_cache(maxsize=4096)
def _country(text: str) -> str:
    code = text.upper()
    return code if len(code) == 2 and code.isascii() and code.isalpha() and code not in ("XX", "ZZ") else ""
