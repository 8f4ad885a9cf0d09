from types import SimpleNamespace

import pytest

from campaigns.holes import Gap
from campaigns.looks import PLAIN
from campaigns.media import MEDIA, fields
from campaigns.models import AdVariant
from campaigns.variants import compile_variant

FIELDS = {
    "key": "offer", "template": "card", "slot": "viewed", "headline": "{item.name} & more", "body": "", "image_url": "", "image_alt": "",
    "call_to_action": "Look", "link": "/p?q={item.name}", "code": "A<B", "discount": 15, "background": "#1f2937", "foreground": "#ffffff",
    "picture": None, "translations": {}, "badge": "", "old_price": "", "new_price": "", "picture_at": "", "align": "", "ends_at": None,
}  # fmt: skip


@pytest.mark.parametrize("medium", MEDIA)
def test_a_medium_renders_plain_fields_and_each_gap_has_a_form(medium):
    """No model, no database: a draft that nobody has saved can be shown."""
    text = MEDIA[medium](SimpleNamespace(**FIELDS), PLAIN)

    assert {part.hole for part in text if isinstance(part, Gap)} == {"item.name"}
    assert {part.form for part in text if isinstance(part, Gap)} == {"text", "html", "url_part"}


def test_one_function_adds_a_medium(monkeypatch):
    """Slot, link and harmless values come with it."""
    monkeypatch.setitem(
        MEDIA, "sign", lambda creative, look: ['{"text":"', *fields.plain_text(creative, "headline"), '","html":""}']
    )

    compiled = compile_variant(
        AdVariant(**{name: value for name, value in FIELDS.items() if name not in ("code", "discount")}), "sign"
    )

    assert (compiled.slot, compiled.holes, compiled.forms) == ("viewed", ["item.name"], ["text"])
    assert compiled.answer({"item.name": '"Pan"'}) == b'{"text":"\\"Pan\\" & more","html":""}'
    assert compiled.target({"item.name": "a b"}) == "/p?q=a%20b"


def test_what_the_creative_settles_itself_leaves_no_gap():
    creative = SimpleNamespace(**FIELDS | {"headline": "{discount} off with {coupon}"})

    assert "".join(fields.plain_text(creative, "headline")) == "15% off with A<B"
    assert "".join(fields.in_html(creative, "headline")) == "15% off with A&lt;B"
