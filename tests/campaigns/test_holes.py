"""What may stand in braces, and in addresses."""

import pytest

from campaigns import variants
from campaigns.media import WEB
from tests.campaigns.creatives import answer, assert_harmless, errors, variant


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


def test_names_the_field_of_an_unknown_hole_and_lists_the_known_ones():
    found = errors(variant(headline="{item.colour}", body="{user.email}", link="/{x}", call_to_action="{y}"))

    assert set(found) == {"headline", "body", "link", "call_to_action"}
    assert "{item.name}" in found["headline"]


@pytest.mark.parametrize(
    ("slot", "hole"), [("", "item.name"), ("category", "item.price"), ("viewed", "cart.value"), ("", "category.url")]
)
def test_refuses_a_hole_that_the_slot_cannot_fill(slot, hole):
    assert "slot" in errors(variant(slot=slot, headline=f"{{{hole}}}"))["headline"]
