"""What device, browser and operating system does a user agent name?

Browser and system come from ua-parser's tables; the class of device is ours, since those tables name models, not
classes.
"""

import re
from functools import cache, lru_cache
from typing import Any, NamedTuple

LONGEST = 1024  # characters that are looked at; real user agents are shorter, hostile ones are not


class Agent(NamedTuple):
    """`device` is one of `tracking.event.DEVICES`; `browser` and `os` are names such as "Firefox", "" when not
    recognised."""

    device: str
    browser: str
    os: str


UNKNOWN = Agent("other", "", "")

# The first that matches wins: televisions and tablets also say Android, Android also says Linux.
_DEVICES = tuple(
    (device, re.compile(pattern, re.IGNORECASE))
    for device, pattern in (
        (
            "tv",
            r"smart-?tv|hbbtv|google ?tv|apple ?tv|android tv|\btv;|bravia|web0s|netcast|roku|crkey|\baft[a-z]"
            r"|viera|tizen.* tv|playstation|xbox|nintendo",
        ),
        # Android's browsers say "Mobile" or "Mobi" on phones, anywhere in the text; apps' own texts say neither, on any
        # device. A "Tablet PC" is a desktop's.
        (
            "tablet",
            r"ipad|tablet(?! pc)|kindle|silk/|playbook|nexus (?:7|9|10)\b|\bsm-[tp]\d|\bgt-p\d|^(?!.*(?:mobi"
            r"|opera mini))mozilla/.*android",
        ),
        (
            "mobile",
            r"iphone|ipod|android|mobile|phone|blackberry|\bbb10\b|opera mini|opera mobi|symbian|series ?60|kaios"
            r"|webos|midp|j2me|wap",
        ),
        ("desktop", r"windows|macintosh|mac os|x11|linux|cros|bsd\b|sunos"),
    )
)


@cache
def _parser() -> Any:  # its stubs know nothing of the tables
    import ua_parser

    return ua_parser.parser


@lru_cache(maxsize=8192)
def parse(user_agent: str) -> Agent:
    """Cached by string: a site sees a few thousand different ones, and the first look at one costs about 100
    microseconds."""
    if not user_agent:
        return UNKNOWN
    text = user_agent[:LONGEST]
    device = next((name for name, pattern in _DEVICES if pattern.search(text)), "other")
    browser = _parser().parse_user_agent(text)
    system = _parser().parse_os(text)
    return Agent(device, _family(browser), _family(system))


def is_spider(user_agent: str) -> bool:
    """Whether ua-parser's tables know it as a crawler."""
    return _family(_parser().parse_device(user_agent)) == "Spider"


def _family(found: Any) -> str:
    return "" if found is None or found.family == "Other" else found.family
