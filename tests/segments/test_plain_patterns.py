import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.conditions import matches, validate
from segments.plain_patterns import Plain, in_words, pattern_of, plain_of

WORDS = st.lists(st.text("ab.*+?()|[]{}^$\\\\ é/", min_size=1, max_size=5), min_size=1, max_size=3).map(tuple)


@given(WORDS, st.booleans())
def test_a_plain_pattern_comes_back(words, begins):
    plain = Plain(words, begins)

    assert plain_of(pattern_of(plain)) == plain


@given(WORDS, st.booleans(), st.text("abAB.*|()^$ /", max_size=8))
def test_a_plain_pattern_finds_its_words_and_nothing_else(words, begins, text):
    condition = {"a": {"$regexi": pattern_of(Plain(words, begins))}}
    lowered = text.lower()

    assert validate(condition) == []
    assert matches(condition, {"a": text}) == any(
        lowered.startswith(word) if begins else word in lowered for word in words
    )


@pytest.mark.parametrize("pattern", ["a.b", "(a|b)", "a|", "", "^", "a+", r"\d", "[ab]", 7, None])
def test_what_says_more_is_none(pattern):
    assert plain_of(pattern) is None


def test_it_reads_as_in_a_sentence():
    plain = Plain(("a", "b"))

    assert in_words(plain, "AB") == "contains A or B"
    assert in_words(plain, "AB", denied=True) == "does not contain A or B"
    assert in_words(plain, "AB", asks=True, denied=True) == "not contain A or B"
    assert in_words(Plain(("a",), True), "A") == "begins with A"
