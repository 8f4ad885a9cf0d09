"""Is this a person?

Three independent signs: what the user agent declares, how fast pages are asked for, and, where a site wants it, an
address in a data centre
(`tracking.addresses`). A bot that lies about all three gets through; the profile of such a visitor harms nobody else's.
"""

import re
from functools import cache, lru_cache

from sites.times import MINUTE_MS
from tracking.user_agents import is_spider

LONGEST = 1024  # characters of a user agent that are looked at

# What programs call themselves, for those that no list knows yet. `python -m benchmarks bots` says what these words and
# the next find.
_NAMES = (
    r"(?<!cu)\bbots?\b|(?<!cu)bot[/;)_-]|(?<!cu)bot$|robot|crawl|spider|slurp|scrap(?:e|ing|y)|nutch|heritrix|httrack"
    r"|mediapartners|-google\b|google-(?!app|pixel)|adsense"
)
# What they do.
_TASKS = (
    r"fetch|(?<!cam)scann?(?:er|ing)|\bscan\b|checker|\bcheck\b|link-?check|monitor(?:ing)?\b|archiv|indexer|harvest|collector|sniff|grabber|(?<!qq)download|torrent",
    r"feed(?:er|burner|fetch|ly|bin|s?/|validator|parser|demon|station)|\brss\b|parser|preview|thumb(?:nail|shot)"
    r"|screenshot|external ?hit|transcoder",
    r"validat|analy[sz]er|audit|inspect|probe|detector|classifier|advisor|discovery/|optimi[sz]er|observatory"
    r"|library|page ?speed|lighthouse",
    r"headless|phantomjs|selenium|puppeteer|playwright|cypress|uptime|pingdom|\bping\b|site24x7|synthetic|statuscake|\bcron\b",
    r"(?:email|image|link|http)-?proxy|[a-z]agent\b|^[\w-]*search(?:er|engine)?\b|guzzle|undici|resty",
    r"^(?:python|perl|java/|ruby|php|go-http|curl|wget|lwp[:-]|node|axios|apache|jakarta|okhttp|http|rest|postman|insomnia|grpc)",
)
# A program that wants to be reached says where: browsers name no address, and put nothing behind "like Gecko".
_CONTACT = (
    r"https?:/",
    r"www\.",
    r"@[a-z0-9][\w-]*\.[a-z]{2,}",
    r"[\s(+][\w-]+\.(?:com|net|org|io|ai)(?:[\s/);,]|$)",
    r"like gecko; ",
)
_ATTACK = (r"\$\{", r"<\?", r"\bselect\b.*\(", r"sleep\(", r"\.\./")
# "compatible" was said by Internet Explorer and its time; since then by programs.
_COMPATIBLE = (
    r"\(compatible;\s*(?!\s|ms|konqueror|u;|abrowse|ibrowse|opera|omniweb|icab|netpositive|webtv|windows|iemobile|amiga|galaxy|nokia|samsung|android|linux|x11"
    r"|teleca|oss/|antgalio|yospace)"
)
# An engine, a browser, a system or a maker of phones, at least one of which every browser names.
_ENGINE = re.compile(
    r"firefox|chrome|safari"
    r"|webkit|gecko|trident|msie|presto|khtml|opera|netfront|series ?60|symbian|midp|browser|playstation|psp"
    r"|nintendo|blackberry|windows|win9|android|iphone"
    r"|ipad|mac|x11|linux|palm|webtv|obigo|teleca|dolfin|dreamcast|roku|tizen|os/2|amiga|beos|bsd|samsung|nokia|sony|vodafone|lg-|brew|wap|mobile|office|inferno"
    r"|cfnetwork|darwin|dalvik",
    re.IGNORECASE,
)
# Names that say nothing about the visitor: model and build of an Android device (CUBOT, Fever Plus, a build that a
# crawler's phone once had), and browsers and apps that share a crawler's name.
_MODEL = re.compile(r"(Android [\d.]+;(?: U;)?(?: [a-z]{2}[-_][A-Za-z]{2};)?) [^;)]*")
_NAMESAKES = re.compile(
    r"Sogou(?:M|Search)\w*|ViewSonic|Sonic Slack|HTC[ _](?:J )?Butterfly|Ultra Sonic|(?<=Safari/537.36 )Viber",
    re.IGNORECASE,
)
# Software that sends on a visitor's behalf: its own user agent says nothing about the visitor.
_SENDERS = re.compile(
    r"^(?:analytics|segment|rudder|node|undici|axios|got|bun|deno|python|aiohttp|python-httpx|java|okhttp|apache-httpclient|ruby|faraday|rest-client"
    r"|guzzlehttp|symfony|php|go-http-client|curl|wget|libcurl|dart|cfnetwork|reqwest|hyper|segue)\b",
    re.IGNORECASE,
)


def is_sender(user_agent: str) -> bool:
    """Whether a server-side client sent this, so that only `context.userAgent` could tell who the visitor is.

    One that is known, or that names neither a browser nor a device nor itself a crawler, as a shop's own software does
    ("acme-feed-export/2.1"):
    the words of its task are no reason to drop its orders.
    """
    if user_agent.startswith("Mozilla/"):  # as nearly all do: which spares them the patterns
        return False
    return not user_agent or _SENDERS.match(user_agent) is not None or _names_nobody(user_agent[:LONGEST])


@lru_cache(maxsize=8192)
def _names_nobody(user_agent: str) -> bool:
    return not (
        _ENGINE.search(user_agent)
        or re.search(_NAMES, user_agent, re.IGNORECASE)
        or _crawler_pattern().search(user_agent)
    )


@cache
def _crawler_pattern() -> re.Pattern[str]:
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    return re.compile("|".join(f"(?:{crawler['pattern']})" for crawler in CRAWLER_USER_AGENTS_DATA))


@cache
def _crawler_instances() -> frozenset[str]:
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    return frozenset(instance for crawler in CRAWLER_USER_AGENTS_DATA for instance in crawler.get("instances", ()))


@cache
def _signs() -> re.Pattern[str]:
    return re.compile("|".join((_NAMES, *_TASKS, *_CONTACT, *_ATTACK, _COMPATIBLE)), re.IGNORECASE)


@lru_cache(maxsize=8192)
def is_declared_bot(user_agent: str) -> bool:
    """Whether the user agent says so itself. Cached by string: a first look costs some 0.4 ms, most of it for the list
    of 1,500 patterns."""
    text = without_namesakes(user_agent[:LONGEST])
    return looks_automatic(text) or _crawler_pattern().search(text) is not None or user_agent in _crawler_instances()


def without_namesakes(user_agent: str) -> str:
    return _NAMESAKES.sub("", _MODEL.sub(r"\1", user_agent))


def looks_automatic(text: str) -> bool:
    """What tells a program that no list names: its words, an address to reach its people at, the lack of an engine, or
    what ua-parser says."""
    if _signs().search(text):
        return True
    if _ENGINE.search(text):
        return False
    return text.startswith("Mozilla/5.0 ") or is_spider(text)


class Pace:
    """Notices visitors who open pages faster than people can: more than `limit` within a minute, by the events' own
    time.

    Event time, not arrival: a replayed log or a phone that was offline sends hours at once. Bounded memory: two
    generations of at most `capacity` visitors each; the older generation is forgotten when the younger is full, and
    with it at most some suspicion.
    """

    def __init__(self, limit: int, capacity: int = 50_000) -> None:
        self.limit = limit
        self.capacity = capacity
        self._young: dict[str, list[int]] = {}  # visitor -> [start of the window, pages in it]
        self._old: dict[str, list[int]] = {}

    def is_too_fast(self, visitor: str, at: int) -> bool:
        """Counts one page view that happened `at` and says whether it is one too many. A limit of 0 switches it off."""
        if not self.limit:
            return False
        window = self._young.get(visitor) or self._remember(visitor, at)
        if not 0 <= at - window[0] < MINUTE_MS:
            window[0], window[1] = at, 0
        window[1] += 1
        return window[1] > self.limit

    def _remember(self, visitor: str, at: int) -> list[int]:
        if len(self._young) >= self.capacity:
            self._old, self._young = self._young, {}
        window = self._young[visitor] = self._old.pop(visitor, [at, 0])
        return window
