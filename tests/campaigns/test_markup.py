"""What a marketer may write in a body."""

import pytest
from hypothesis import given

from campaigns import variants
from tests.campaigns.creatives import HOSTILE, TEXTS, answer, assert_harmless, errors, variant


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_body_is_refused_by_name_and_harmless_even_if_compiled(body):
    row = variant(body=body)

    assert "body" in errors(row)
    assert_harmless(variants.preview(row))


def test_turns_plain_text_into_paragraphs():
    assert (
        answer(variant(body="One & two\nthree\n\nFour"))["fields"]["body"] == "<p>One &amp; two<br>three</p><p>Four</p>"
    )


@given(body=TEXTS)
def test_a_body_without_faults_keeps_its_links_and_tags(body):
    row = variant(body=body)

    if "body" not in errors(row):
        assert answer(row, {})["fields"]["body"].count("<a ") == body.count("<a ")
