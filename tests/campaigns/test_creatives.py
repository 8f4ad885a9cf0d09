from types import SimpleNamespace

import pytest

from campaigns import creatives

FINE = {
    "key": "offer", "template": "hero", "slot": "", "headline": "Hello", "body": "", "image_url": "", "image_alt": "", "call_to_action": "",
    "link": "", "code": "", "discount": None, "background": "#1f2937", "foreground": "#ffffff",
    "picture": None, "translations": {}, "badge": "", "old_price": "", "new_price": "", "picture_at": "", "align": "", "ends_at": None,
}  # fmt: skip


def creative(**changed):
    return SimpleNamespace(**FINE | changed)


def test_nothing_is_said_of_a_creative_that_is_fine():
    assert list(creatives.errors(creative())) == list(creatives.warnings(creative())) == []


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"headline": "{item.name}"}, "headline", "needs a slot that fills it: cart, related, similar, viewed"),
        ({"headline": "{cart.value}", "slot": "viewed"}, "headline", "needs a slot that fills it: cart."),
        ({"headline": "{weather}"}, "headline", "is unknown"),
        ({"link": "javascript:alert(1)", "call_to_action": "Go"}, "link", "begins with"),
        ({"image_url": "mailto:a@b.example"}, "image_url", "cannot be an e-mail address"),
        ({"body": "<script>"}, "body", "is not allowed"),
        ({"call_to_action": "Go"}, "link", "needs an address"),
        ({"headline": ""}, "headline", "nothing to show"),
    ],
)
def test_an_error_names_its_field(changed, field, words):
    (flaw,) = creatives.errors(creative(**changed))

    assert flaw.field == field
    assert words in flaw.message


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"image_url": "/x.png"}, "image_alt"),
        ({"link": "/x"}, "call_to_action"),
        ({"background": "#ffffff", "foreground": "#dddddd"}, "foreground"),
    ],
)
def test_a_warning_names_its_field(changed, field):
    assert [flaw.field for flaw in creatives.warnings(creative(**changed))] == [field]


def test_a_colour_that_is_none_is_left_to_the_validators_of_the_field():
    assert list(creatives.warnings(creative(background="red"))) == []
