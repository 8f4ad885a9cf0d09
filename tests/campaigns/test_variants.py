"""A creative comes from a marketer's keyboard and a stranger's catalogue: neither may run anything on a visitor's
page."""

import json
import re
from datetime import UTC, datetime

import pytest

from campaigns import creatives, variants
from campaigns.looks import Look
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
        "badge", "old_price", "new_price", "picture_at", "align", "background", "foreground"
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
    html = variants.preview(variant(headline="خصم"))

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


# --- templates --------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", AdVariant.Template.values)
@pytest.mark.parametrize("picture_at", AdVariant._meta.get_field("picture_at").choices, ids=str)
def test_every_template_renders_in_every_layout_with_one_sheet_of_styles(template, picture_at):
    row = variant(template=template, picture_at=picture_at[0], image_url="/a.png", image_alt="A", align="center")

    html = variants.preview(row)

    assert html.startswith("<style>") and html.count("<style>") == html.count("</style>") == 1
    assert ('class="sg-picture"' in html) == (template != "row")
    assert len(html.encode()) < 6500  # it travels with each answer


def test_what_a_template_does_not_need_is_not_sent():
    html = variants.preview(variant(template="banner", slot=""))

    for part in ("sg-clock", "sg-item", "sg-old", "sg-coupon", "sg-picture", "@keyframes"):
        assert part not in html


def test_prices_and_badge_stand_where_they_are_given():
    row = variant(
        badge="{discount} off", discount_percent=15, old_price="{item.old_price}", new_price="{item.reduced_price}"
    )

    html = answer(row, {"item.old_price": "€10", "item.reduced_price": "€8.50"})["html"]

    assert '<p class="sg-badge">15% off</p>' in html
    assert '<span class="sg-said">Before </span><s class="sg-old">€10</s>' in html
    assert '<span class="sg-said">Now </span><strong class="sg-new">€8.50</strong>' in html


def test_of_two_prices_is_said_which_is_which_in_the_language_of_the_creative():
    row = variant(new_price="{item.price}", translations={"de": {"headline": "Hallo"}})

    assert 'sg-said"' not in variants.preview(row)  # a price alone needs no words
    row.old_price = "{item.old_price}"
    assert "Vorher </span><s" in variants.preview(row, language="de")


def test_a_price_and_the_code_that_makes_it_stand_side_by_side():
    """Below each other they made heroes higher than the room that is reserved for them."""
    both, price, code = (
        variants.preview(variant(**fields))
        for fields in ({"new_price": "€8", "coupon": "SAVE10"}, {"new_price": "€8"}, {"coupon": "SAVE10"})
    )

    assert '<div class="sg-deal"><p class="sg-prices">' in both and '<p class="sg-coupon">' in both
    assert "sg-deal" not in price and "sg-deal" not in code


@pytest.mark.parametrize("template", ["hero", "banner", "row"])
def test_a_picture_that_cannot_be_fetched_leaves_its_words_and_no_hole(template):
    html = variants.preview(variant(template=template, slot="viewed", image_url="/a.png", image_alt="A kettle"))

    assert html.count("::after{content:attr(alt)") == 1


def test_a_price_struck_out_that_is_the_price_is_warned_of():
    row = variant(old_price="{item.price}", new_price="{item.reduced_price}", discount_percent=None)

    assert [flaw.field for flaw in creatives.warnings(row)] == ["old_price"]
    row.discount_percent = 10
    assert list(creatives.warnings(row)) == []


def test_a_row_shows_three_items_and_tells_programs_of_them():
    row = variant(template="row", slot="related", headline="")
    values = {
        f"{item}.{name}": f"/{item}/{name}"
        for item in ("item", "item2", "item3")
        for name in ("name", "price", "url", "image_url")
    }

    compiled, got = variants.compile_variant(row, WEB), answer(row, values)

    assert (compiled.shows, compiled.slot) == (3, "related")
    assert [item["url"] for item in got["fields"]["items"]] == ["/item/url", "/item2/url", "/item3/url"]
    assert re.findall(r'<a class="sg-item" href="([^"]*)"><img src="([^"]*)" alt="">', got["html"]) == [
        (f"/{item}/url", f"/{item}/image_url") for item in ("item", "item2", "item3")
    ]


def test_a_row_needs_a_slot_of_items_and_a_countdown_its_end():
    assert "slot" in errors(variant(template="row", slot="category"))
    assert "ends_at" in errors(variant(template="countdown"))


def test_a_countdown_is_told_how_much_is_left_in_digits_only():
    row = variant(template="countdown", slot="", ends_at=datetime(2026, 3, 29, 18, 0, tzinfo=UTC))
    compiled = variants.compile_variant(row, WEB, Look(time_zone="Europe/Berlin"))
    end = 1_774_807_200_000

    assert compiled.until == end and compiled.slot == ""
    assert [compiled.seconds_left(end - ms) for ms in (1000, 0, -1, 30 * 86_400_000, 30 * 86_400_000 + 1000)] == [
        1,
        0,
        0,
        2_592_000,
        0,
    ]
    assert "--left:90}" in answer(row, {"countdown.left": "90"})["html"]
    assert "--left:0}" in answer(row, {"countdown.left": "1}*{display:none"})["html"]
    html = json.loads(compiled.answer({"countdown.left": "5"}))["html"]
    assert 'aria-label="2026-03-29 20:00 CEST"' in html


def test_colours_of_its_own_come_before_the_theme_and_both_are_asked_for():
    look = Look(background="#101010", foreground="#fefefe", dark_background="#202020")

    assert "--b:#101010" in variants.preview(variant(), look=look)
    assert "light-dark(#101010,#202020)" in variants.preview(variant(), look=look)
    own = variants.preview(variant(background="#334455", foreground="#ffffff"), look=look)
    assert "--b:#334455" in own and "light-dark(#" not in own
    assert "foreground" in errors(variant(background="#334455"))
