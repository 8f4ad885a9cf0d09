"""A creative comes from a marketer's keyboard and a stranger's catalogue: neither may run anything on a visitor's
page."""

import json
import re
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import layouts, variants
from campaigns.escaping import is_safe_url
from campaigns.holes import HOLES
from campaigns.layouts import TEMPLATES
from campaigns.media import WEB
from campaigns.models import AdVariant

OUR_TAGS = {
    "section",
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
OUR_ATTRIBUTES = {"class", "src", "alt", "href", "rel", "title", "type", "data-segue-dismiss", "aria-label", "dir"}


def variant(**fields) -> AdVariant:
    return AdVariant(**({"key": "offer", "name": "Offer", "headline": "Hello", "slot": "viewed"} | fields))


def answer(row: AdVariant, values=None) -> dict:
    return json.loads(variants.compile_variant(row, WEB).answer(values))


def errors(row: AdVariant) -> dict[str, str]:
    return {problem.field: problem.message for problem in variants.problems_of(row) if problem.is_error}


def warnings(row: AdVariant) -> set[str]:
    return {problem.field for problem in variants.problems_of(row) if not problem.is_error}


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


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_body_is_refused_by_name_and_harmless_even_if_compiled(body):
    row = variant(body=body)

    assert "body" in errors(row)
    assert_harmless(variants.preview(row))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "\tjavascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "/\\evil.example",
        "shop.example/p",
        "https:evil.example",
        "https://",
        '/x" onclick="alert(1)',
        "/x y",
        "/x\x00",
        "{item.name}",
        "{category.name}:alert(1)",
        "https://{item.name}/p",
        "https://shop.example{item.name}",
        "/p/{item.url}",
        "{item.url}javascript:alert(1)",
        "{item.url}//evil.example",
        "{item.url}{coupon}",
    ],
)
@pytest.mark.parametrize("field", ["link", "image_url"])
def test_hostile_address_is_refused_by_name_and_left_out(address, field):
    row = variant(**{field: address}, call_to_action="Go")

    assert field in errors(row)
    assert_harmless(variants.preview(row))
    assert answer(row, {})["fields"][field] == ""
    values = {"item.name": "javascript:alert(1)", "item.url": "javascript:"}
    assert variants.compile_variant(row, WEB).target(values) == ""


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example/p?x=1&y=2",
        "http://shop.example",
        "/p/1",
        "?page=2",
        "#top",
        "{item.url}",
        "{item.url}?from=hero",
        "/c/{category.name}",
        "/s?q={item.name}",
    ],
)
def test_takes_addresses_of_the_web_and_of_the_site(address):
    row = variant(link=address, call_to_action="Go", image_url=address, image_alt="A shoe")

    assert errors(row) == {}
    assert_harmless(variants.preview(row))


def test_refuses_colours_that_are_none():
    row = variant(background="red;}*{display:none", foreground="#fffff")

    assert set(errors(row)) == {"background", "foreground"}
    with pytest.raises(ValueError, match="colour"):
        variants.compile_variant(row, WEB)


def test_names_the_field_of_an_unknown_hole_and_lists_the_known_ones():
    found = errors(variant(headline="{item.colour}", body="{user.email}", link="/{x}", call_to_action="{y}"))

    assert set(found) == {"headline", "body", "link", "call_to_action"}
    assert "{item.name}" in found["headline"]


@pytest.mark.parametrize(
    ("slot", "hole"), [("", "item.name"), ("category", "item.price"), ("viewed", "cart.value"), ("", "category.url")]
)
def test_refuses_a_hole_that_the_slot_cannot_fill(slot, hole):
    assert "slot" in errors(variant(slot=slot, headline=f"{{{hole}}}"))["headline"]


def test_settles_coupon_and_discount_when_compiled():
    row = variant(
        slot="",
        headline="{discount} off with {coupon}",
        coupon="A&B",
        discount_percent=20,
        link="/?code={coupon}",
        call_to_action="Go",
    )

    compiled = variants.compile_variant(row, WEB)

    assert compiled.holes == [] and compiled.slot == ""
    assert answer(row)["fields"]["headline"] == "20% off with A&B"
    assert answer(row)["fields"]["link"] == "/?code=A%26B"
    assert "20% off with A&amp;B" in answer(row)["html"]


def test_escapes_a_value_by_where_it_stands():
    row = variant(
        headline="{item.name}",
        body="<p><a href='/s?q={item.name}'>{item.name}</a></p>",
        link="{item.url}",
        call_to_action="Go",
    )
    values = {"item.name": '<b>"A&B"</b>', "item.url": "/p?a=1&b=2"}

    got = answer(row, values)

    assert got["fields"]["headline"] == '<b>"A&B"</b>'
    assert '<h2 class="sg-headline">&lt;b&gt;&quot;A&amp;B&quot;&lt;/b&gt;</h2>' in got["html"]
    assert 'href="/s?q=%3Cb%3E%22A%26B%22%3C%2Fb%3E"' in got["fields"]["body"]
    assert 'href="/p?a=1&amp;b=2"' in got["html"]
    assert got["fields"]["link"] == variants.compile_variant(row, WEB).target(values) == "/p?a=1&b=2"


def test_turns_plain_text_into_paragraphs():
    assert (
        answer(variant(body="One & two\nthree\n\nFour"))["fields"]["body"] == "<p>One &amp; two<br>three</p><p>Four</p>"
    )


def test_answer_carries_key_template_and_every_field():
    got = answer(variant(template="banner", coupon="C1", discount_percent=5), {})

    assert got["key"] == "offer" and got["template"] == "banner"
    assert set(got["fields"]) == {
        "headline", "body", "image_url", "image_alt", "call_to_action", "link", "coupon", "discount_percent",
        "background", "foreground"
    }  # fmt: skip


def test_leaves_out_the_elements_of_empty_fields():
    html = variants.preview(variant(headline="Only this"))

    assert "sg-headline" in html.partition("</style>")[2]
    assert not re.search(r'class="sg-(body|coupon|action|picture)"', html)


def test_warns_of_poor_contrast_and_of_pictures_without_words():
    assert warnings(variant(background="#ffffff", foreground="#dddddd", image_url="/x.png")) == {
        "foreground",
        "image_alt",
    }
    assert warnings(variant(background="#1f2937", foreground="#ffffff")) == set()


def test_says_when_there_is_nothing_to_show_and_when_a_button_leads_nowhere():
    assert "headline" in errors(variant(headline=""))
    assert "link" in errors(variant(call_to_action="Buy"))


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


@given(
    fields=st.fixed_dictionaries(
        dict.fromkeys(("headline", "body", "call_to_action", "link", "image_url", "image_alt", "coupon"), TEXTS)
    ),
    template=st.sampled_from(TEMPLATES),
    value=TEXTS,
)
def test_no_text_and_no_value_escapes_its_place(fields, template, value):
    row = variant(template=template, **fields)

    got = answer(row, dict.fromkeys(HOLES, value))  # json.loads is half of the claim

    assert_harmless(got["html"])
    assert all(got["fields"][field] == "" or is_safe_url(got["fields"][field]) for field in ("link", "image_url"))
    target = variants.compile_variant(row, WEB).target(dict.fromkeys(HOLES, value))
    assert target == "" or is_safe_url(target)


@given(body=TEXTS)
def test_a_body_without_faults_keeps_its_links_and_tags(body):
    row = variant(body=body)

    if "body" not in errors(row):
        assert answer(row, {})["fields"]["body"].count("<a ") == body.count("<a ")


def test_a_creative_runs_in_its_own_direction_and_inherits_no_shape_of_text():
    """R27: the font and its size alone are the page's."""
    html = layouts.style("hero", "#000000", "#ffffff") + "".join(
        layouts.layout("hero", {name: ["خصم"] for name in PARTS}, "")
    )

    assert '<section class="sg sg-hero" dir="auto">' in html
    assert "unicode-bidi:plaintext" in html
    for reset in (
        "text-transform:none",
        "white-space:normal",
        "letter-spacing:normal",
        "font-style:normal",
        "text-align:start",
    ):
        assert reset in html
    assert "font-family" not in html


PARTS = ("headline", "body", "call_to_action", "link", "image_url", "image_alt")
