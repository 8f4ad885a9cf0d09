"""Which requests of a web server's log were for pages? The rest is what pages load: pictures, scripts, answers to
scripts.

An extension says so at once. Where there is none, the log itself does: whoever opens a page loads more from there, so
that pages stand as the referrer of other requests. A part of the site that was asked for often and is hardly ever a
referrer holds no pages.
"""

import re
from functools import cached_property

from tracking.referrers import split_address

ASSET = re.compile(
    r"\.(?:png|jpe?g|jfif|gif|svgz?|ico|webp|avif|bmp|heic|tiff?|css|less|m?js|map|wasm|woff2?|ttf|otf|eot|mp[34]|m4[av]|og[agv]|wav|web[mp]|mov|avi|flv|swf"
    r"|pdf|docx?|xlsx?|pptx?|csv|zip|gz|tgz|bz2|xz|rar|7z|jar|exe|dmg|apk|iso|deb|rpm|xml|rss|atom|json|jsonl|txt|log|webmanifest|vcf|ics)$",
    re.IGNORECASE,
)
# Parts of a path under which sites keep what pages load, for logs that are too short to tell.
CONTENT = frozenset([
    "image", "images", "img", "imgs", "pictures", "thumb", "thumbs", "thumbnail", "thumbnails", "avatar", "avatars",
    "static", "assets", "css",
    "js", "fonts", "font", "icons", "_next", "_nuxt", "cdn-cgi", "dist", "ajax", "api", "graphql", "json", "wp-json",
    "socket.io",
    "autocomplete", "suggest", "beacon", "pixel", "ping", "health", "healthz", "metrics", "feed", "rss",
])  # fmt: skip
PIXEL_BYTES = range(30, 61)  # a transparent GIF, as counters have it, takes 35 to 49 bytes
SCRIPTED = re.compile(r"(?:^|&)(?:_=\d{9,}|callback=|jsonp=)")  # what libraries add to the requests of scripts
DEPTH = 3  # parts of a path that are told apart
MOST_NAMES = 20_000  # of each depth that are remembered
ENOUGH = 50  # requests for a part, below which it says nothing
LEAST_INTERNAL = 0.1  # share of requests that come from a page of the site, below which referrers were cut away
LEAST_REFERRERS = 0.02  # of a part's requests: a picture, opened alone, is the referrer of the site's icon
PAGE = re.compile(r"text/html|application/xhtml", re.IGNORECASE)
CONTENT_TYPE = re.compile(r"(?:image|font|audio|video|text|application)/", re.IGNORECASE)


def parts(path: str) -> list[str]:
    """/a/b/c/d -> /a/b/c, /a/b, /a: what a path counts for, deepest first; the site's root for itself."""
    names = [name for name in path.split("/") if name][:DEPTH]
    return ["/" + "/".join(names[:depth]) for depth in range(len(names), 0, -1)] or ["/"]


class Counts:
    """Numbers by name; of each depth so many names as fit, lest a million products leave no room for the parts above
    them."""

    def __init__(self) -> None:
        self._of_depth: list[dict[str, int]] = [{} for _ in range(DEPTH + 1)]

    def __getitem__(self, name: str) -> int:
        return self._of_depth[name.count("/")].get(name, 0)

    def __len__(self) -> int:
        return sum(map(len, self._of_depth))

    def add(self, name: str) -> None:
        counts = self._of_depth[name.count("/")]
        if name in counts or len(counts) < MOST_NAMES:
            counts[name] = counts.get(name, 0) + 1

    def most(self, depth: int) -> str:
        counts = self._of_depth[depth]
        return max(counts, key=counts.__getitem__, default="")


class Paths:
    """How often each part of a site was asked for, and how often it was the referrer of another request. Bounded
    memory."""

    def __init__(self) -> None:
        self._asked, self._referred, self._hosts = Counts(), Counts(), Counts()
        self._requests = 0

    def add(self, path: str, referrer: str) -> None:
        self._requests += 1
        origin = split_address(referrer)
        if origin.host:
            places = parts(origin.path)
            if places != ["/"] and self._asked[places[0]]:  # only a site's own pages were asked for before they refer
                self._hosts.add(origin.host)
            for place in places:
                self._referred.add(f"{origin.host}{place}")
        for part in parts(path):
            self._asked.add(part)

    def __len__(self) -> int:
        return len(self._asked) + len(self._referred) + len(self._hosts)

    @cached_property
    def host(self) -> str:
        """The site's own by the referrers, "" where the log keeps too few of them to tell. To be asked when everything
        was added."""
        host = self._hosts.most(depth=0)
        return host if self._hosts[host] >= max(ENOUGH, LEAST_INTERNAL * self._requests) else ""

    def part(self, path: str) -> str:
        """The deepest part above a path that was asked for often enough to tell anything, else ""."""
        return next((part for part in parts(path) if self._asked[part] >= ENOUGH), "")

    def holds_pages(self, part: str) -> bool:
        return self._referred[f"{self.host}{part}"] >= LEAST_REFERRERS * self._asked[part]


def reason_against(paths: Paths, path: str, query: str, size: int | None, accept: str) -> str:
    """Why a request was not for a page, "" when it was. `size` of the answer in bytes, None when unknown; `accept` is
    "" where the log has none."""
    if PAGE.search(accept):
        return ""
    if CONTENT_TYPE.search(accept):
        return "asked for no page (Accept)"
    if ASSET.search(path):
        return "asset"
    if size == 0 or (size is not None and size in PIXEL_BYTES):
        return "empty answer or counting pixel"
    if SCRIPTED.search(query):
        return "asked for by a script"
    part = paths.part(path) if paths.host else ""
    if part:
        return "" if paths.holds_pages(part) else "part of the site without pages"
    return "" if CONTENT.isdisjoint(path.lower().split("/")) else "path of content"
