import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.known_hosts import CHANNELS
from tracking.referrers import classify
from tracking.sources import ALIASES, source_name, word

NAMES = sorted({source for table in CHANNELS.values() for source in table} | set(ALIASES))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        *((typed, "Google") for typed in ("google", "GOOGLE", " Google ", "google.com", "www.google.de", "AdWords")),
        *((typed, "Facebook") for typed in ("fb", "facebook", "Facebook Ads", "facebook_paid", "m.facebook.com")),
        *((typed, "Instagram") for typed in ("ig", "instagram", "insta")),
        ("chatgpt.com", "ChatGPT"),
        ("yahoo", "Yahoo!"),
        ("Autumn  Newsletter", "autumn newsletter"),
        ("www.Blog.example", "blog.example"),
        ("", ""),
    ],
)
def test_one_source_has_one_name(typed, name):
    assert source_name(typed) == name


@pytest.mark.parametrize("name", NAMES)
def test_each_spelling_of_a_known_name_is_that_name(name):
    spellings = {source_name(spelling) for spelling in (name, name.lower(), name.upper())}

    assert len(spellings) == 1
    assert spellings.pop().lower() == name.lower()


@given(st.text(max_size=40) | st.sampled_from(NAMES))
def test_the_name_of_a_name_is_itself(text):
    assert source_name(source_name(text)) == source_name(text)
    assert word(word(text)) == word(text)


@pytest.mark.parametrize("referrer", ["", "https://www.google.com/"])
@pytest.mark.parametrize("source", ["google", "GOOGLE", "Google"])
def test_a_link_and_a_referrer_tell_of_the_same_source(source, referrer):
    url = f"https://shop.example/?utm_source={source}&utm_medium=CPC&utm_campaign=Black+Friday"

    found = classify(url, referrer, None, frozenset())

    assert (found.source, found.medium, found.campaign) == ("Google", "cpc", "black friday")
