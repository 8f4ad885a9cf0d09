"""Creatives as marketers and strangers would have them, and what must be true of all of them."""

import json
import re
from html.parser import HTMLParser

import nh3
from hypothesis import strategies as st

from campaigns import variants
from campaigns.coupons.tables import Coupon
from campaigns.escaping import is_safe_url
from campaigns.holes import HOLES
from campaigns.media import WEB
from campaigns.models import AdVariant

OUR_TAGS = {
    "section",
    "s",
    "button",
    "div",
    "img",
    "h2",
    "p",
    "a",
    "code",
    "b",
    "br",
    "em",
    "i",
    "li",
    "span",
    "strong",
    "ul",
}
OUR_ATTRIBUTES = {
    "class",
    "src",
    "alt",
    "href",
    "rel",
    "title",
    "type",
    "data-segue-dismiss",
    "aria-label",
    "aria-hidden",
    "role",
    "dir",
    "lang",
}


def variant(**fields) -> AdVariant:
    """`coupon` is the code of one that gives what the shop knows."""
    if "coupon" in fields:
        fields |= {"coupon": Coupon(name="Coupon", code=fields["coupon"], gives="other")}
    return AdVariant(**({"key": "offer", "name": "Offer", "headline": "Hello", "slot": "viewed"} | fields))


def answer(row: AdVariant, values=None) -> dict:
    return json.loads(variants.compile_variant(row, WEB).answer(values))


def errors(row: AdVariant) -> dict[str, str]:
    return {problem.field: problem.message for problem in variants.problems_of(row) if problem.is_error}


class Tokens(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tokens: list = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tokens.append((tag, sorted(attrs)))

    def handle_endtag(self, tag):
        self.tokens.append(("/", tag))

    def handle_data(self, data):
        self.tokens.append(data)

    def handle_comment(self, data):
        self.tokens.append(("comment", data))


def assert_harmless(html: str) -> None:
    """Read by a parser that follows the HTML standard, the creative holds our elements and attributes only, and safe
    addresses."""
    sheet, _, markup = html.replace("\r", "\n").partition("</style>")  # as a browser reads it
    assert re.fullmatch(r"<style>[^<]*", sheet)
    assert "url(" not in sheet and "@import" not in sheet
    reread = nh3.clean(
        markup,
        tags=OUR_TAGS,
        attributes={"*": OUR_ATTRIBUTES - {"rel"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    ours = [token for token in Tokens(markup).tokens if token not in ("", ("/", "br"))]
    theirs = [token for token in Tokens(reread).tokens if token not in ("", ("/", "br"))]
    without_rel = [
        (
            (token[0], [pair for pair in token[1] if pair[0] != "rel"])
            if isinstance(token, tuple) and token[0] != "/"
            else token
        )
        for token in ours
    ]
    assert without_rel == theirs
    for token in ours:
        if isinstance(token, tuple) and token[0] != "/":
            for name, value in token[1]:
                assert name in OUR_ATTRIBUTES
                assert name not in ("href", "src") or value == "" or is_safe_url(value), value


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\nscript:alert(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='//evil.example'>x</a>",
    "<a href='/\\evil.example'>x</a>",
    "<a href='\\\\evil.example'>x</a>",
    "<p style='background:url(//evil.example)'>x</p>",
    "<style>*{display:none}</style>",
    "</section></div></template><script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<p><!--><script>alert(1)</script>--></p>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='{item.name}'>x</a>",
    "<a href='https://{category.name}/'>x</a>",
    "<a href='/x?{item.url}'>x</a>",
    "<b onmouseover=alert(1)>x</b>",
    "<form action=/x><input name=password></form>",
]


# Pieces that break naive sanitisers more often than random letters do.
FRAGMENTS = st.sampled_from(
    [
        *HOSTILE,
        *(f"{{{hole}}}" for hole in HOLES),
        "<",
        ">",
        '"',
        "'",
        "&",
        "&lt;",
        "&#x3c;",
        "href=",
        "javascript:",
        "</style>",
        "<p>",
        "</p>",
        "<a href='",
        "<!--",
        "]]>",
        "\\",
        "{",
        "}",
    ]
)
TEXTS = st.lists(
    FRAGMENTS | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8), max_size=6
).map("".join)
