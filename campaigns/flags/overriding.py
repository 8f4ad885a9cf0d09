"""Which variation does an address ask for, to look at it? Pure."""

from urllib.parse import parse_qsl, urlsplit


def override_in(url: str, key: str, n: int) -> int | None:
    """The position that `?<key>=<position>` names, None where it names none of `n`."""
    if "?" not in url:
        return None
    try:
        named = dict(parse_qsl(urlsplit(url).query)).get(key, "")
    except ValueError:
        return None
    is_position = named.isascii() and named.isdigit() and len(named) < 10
    return int(named) if is_position and int(named) < n else None
