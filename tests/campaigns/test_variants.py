"""A creative comes from a marketer's keyboard and a stranger's catalogue: neither may run anything on a visitor's
page."""

import re

import pytest

from campaigns import layouts, variants
from campaigns.media import WEB
from campaigns.models import AdVariant
from tests.campaigns.creatives import answer, errors, variant


def warnings(row: AdVariant) -> set[str]:
    return {problem.field for problem in variants.problems_of(row) if not problem.is_error}


def test_refuses_colours_that_are_none():
    row = variant(background="red;}*{display:none", foreground="#fffff")

    assert set(errors(row)) == {"background", "foreground"}
    with pytest.raises(ValueError, match="colour"):
        variants.compile_variant(row, WEB)


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
