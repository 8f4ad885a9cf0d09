"""Which HTML may a marketer write in a body, and what is left of it?"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser

import nh3

from campaigns.escaping import URL_HOLES
from campaigns.holes import Gap, Text, address_fault, fill

TAGS = frozenset({"a", "b", "br", "em", "i", "li", "p", "span", "strong", "ul"})
ATTRIBUTES = {"a": {"href", "title"}}

_HREF = re.compile(r'(href=")([^"]*)(")')


def _safe_attribute(tag: str, attribute: str, value: str) -> str | None:
    return None if attribute == "href" and address_fault(value) else value


_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    attributes=ATTRIBUTES,
    attribute_filter=_safe_attribute,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer",
)


def sanitise(body: str) -> str:
    """Whatever comes in, what goes out holds only `TAGS`, with links that lead to http, https, mailto or this site.
    Plain text gets paragraphs."""
    body = _newlines(body)
    if "<" not in body:
        body = "".join(
            f"<p>{paragraph.strip()}</p>" for paragraph in re.split(r"\n\s*\n", body) if paragraph.strip()
        ).replace("\n", "<br>")
    return _CLEANER.clean(body)


def with_gaps(sanitised: str, value_of: Callable[[str], str | None]) -> Text:
    """Opens the holes of a sanitised body: as an address inside a link, as text elsewhere.

    A text that merely looks like `href="..."` is treated as a link too; that over-escapes a value there, and harms
    nothing. `value_of` gives the settled value of a hole, escaped, or None.
    """
    text: Text = []
    for i, part in enumerate(_HREF.split(sanitised)):
        in_link = i % 4 == 2
        text += fill(part, partial(_value_or_gap, value_of, in_link))
    return text


def _value_or_gap(value_of: Callable[[str], str | None], in_link: bool, hole: str) -> str | Gap:
    value = value_of(hole)
    return Gap(hole, _form(hole, in_link)) if value is None else value


def _form(hole: str, in_link: bool) -> str:
    if not in_link:
        return "html"
    return "url_in_html" if hole in URL_HOLES else "url_part"


def _newlines(body: str) -> str:
    """As browsers read them; text areas send both characters."""
    return body.replace("\r\n", "\n").replace("\r", "\n")


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: dict[str, None] = {}
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in TAGS:
            self.faults[f"<{tag}> is not allowed. Allowed are " + ", ".join(sorted(TAGS)) + "."] = None
            return
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, ()):
                self.faults[f"The attribute {name} of <{tag}> is not allowed."] = None
            elif name == "href" and (fault := address_fault(value or "")):
                self.faults[f"The link {value!r} is not allowed. {fault}"] = None

    def handle_data(self, data: str) -> None:
        self.text += data


def markup_faults(body: str) -> Iterator[str]:
    """What `sanitise` would remove, as sentences, so that nobody wonders where it went."""
    if "<" not in body:
        return
    if "<!" in body or "<?" in body:
        yield "Comments are not allowed."
    before, after = _Reader(_newlines(body)), _Reader(sanitise(body))
    yield from before.faults
    if not before.faults and (before.tags, before.text) != (after.tags, after.text):
        yield "A tag is not finished, or not closed where it has to be."
