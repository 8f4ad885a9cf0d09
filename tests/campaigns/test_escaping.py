"""A value is harmless wherever it stands."""

from hypothesis import given
from hypothesis import strategies as st

from campaigns import variants
from campaigns.escaping import is_safe_url
from campaigns.holes import EXAMPLES
from campaigns.layouts import TEMPLATES
from campaigns.media import WEB
from tests.campaigns.creatives import TEXTS, answer, assert_harmless, variant


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


@given(
    fields=st.fixed_dictionaries(
        dict.fromkeys(
            ("headline", "body", "call_to_action", "link", "image_url", "image_alt", "coupon", "badge", "old_price"),
            TEXTS,
        )
    ),
    template=st.sampled_from(TEMPLATES),
    value=TEXTS,
)
def test_no_text_and_no_value_escapes_its_place(fields, template, value):
    row = variant(template=template, **fields)

    got = answer(row, dict.fromkeys(EXAMPLES, value))  # json.loads is half of the claim

    assert_harmless(got["html"])
    assert all(got["fields"][field] == "" or is_safe_url(got["fields"][field]) for field in ("link", "image_url"))
    target = variants.compile_variant(row, WEB).target(dict.fromkeys(EXAMPLES, value))
    assert target == "" or is_safe_url(target)
