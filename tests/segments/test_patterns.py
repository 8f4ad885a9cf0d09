"""Patterns find what they say, wherever they are evaluated, and none of them can hold the process (security finding
B10)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.index import Index
from segments.conditions import compile_condition, matches, pattern_work, validate
from segments.conditions.patterns import MAX_SIZE, MAX_TEXT, fault_of, finder, size_of
from segments.conditions.validate import MAX_PATTERN_WORK

# Each would keep an engine that tries one way after the other busy for longer than anybody waits.
RUNAWAYS = [
    "(a+)+$",
    "(a*)*b",
    "(a|aa)+b",
    "(a|a?)+b",
    "(?i)a*a*b1",
    "(a?){30}a{30}b",
    "([a-z]+/?)+x",
    "a*" * 30 + "b",
    "((a{1,3}){3})*b",
    "(.*)/(.*)/checkout",
]


@pytest.mark.parametrize("pattern", RUNAWAYS)
@pytest.mark.parametrize("ignore_case", [False, True])
def test_no_pattern_runs_away(pattern, ignore_case):
    assert fault_of(pattern) is None
    assert not finder(pattern, ignore_case)("a" * (MAX_TEXT - 1) + "!")
    assert not finder(pattern, ignore_case)("/" * MAX_TEXT)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^https?://[^/]+/shop/", "https://shop.example/shop/1"),
        ("(Mobile|Tablet)", "a Tablet"),
        ("-12-25$", "2026-12-25"),
        (r"utm_source=\w+", "?utm_source=mail"),
        ("(?<name>x)", "x"),
        (r"^(\d{1,3}\.){3}\d{1,3}$", "198.51.100.7"),
        (r"^\d{4}-\d{2}-\d{2}$", "2026-11-26"),
        (r"^/(de|en|fr)/", "/de/kaffee"),
        (r"^([A-Z]{2}-){1,3}\d{1,6}$", "AB-CD-12"),
        (r"^([0-9a-f]{4}){4}$", "00ff00ff00ff00ff"),
        (r"^([a-z]+/){2}x$", "shop/sale/x"),
        (r"^[\w.+-]+@[\w-]+(\.[\w-]+)+$", "ann@shop.example"),
        ("größe|taille", "schuhgröße"),
    ],
)
def test_takes_everyday_patterns(pattern, text):
    """Issue 7, part 9k: a choice that is repeated a few times is nothing to fear."""
    assert fault_of(pattern) is None
    assert matches({"text": {"$regex": pattern}}, {"text": text})
    assert compile_condition({"text": {"$regex": pattern}})({"text": text})


@pytest.mark.parametrize(
    "pattern", ["(", r"(a)\1", "(?=a)b", "(?!a)b", "(?<=a)b", "(?>a)b", "a++", "a{1001}", "\ud800"]
)
def test_what_cannot_run_in_linear_time_is_refused_in_words(pattern):
    assert fault_of(pattern).startswith("is not a regular expression of RE2: ")


@pytest.mark.parametrize(
    "pattern", ["(.{0,100}){9}b", "(.{1,99}x){9}", r"\pL{9}", "(?i)" + "(ä|ß|k|s){1,60}" * 3, "(((a{0,9}){9}){9})"]
)
def test_a_large_program_is_refused(pattern):
    """What a look costs grows with it."""
    assert fault_of(pattern) is not None


def test_what_looks_like_a_pattern_inside_a_value_is_none():
    condition = {"a": [{"$regex": "("}, {"$regex": []}]}

    assert validate(condition) == []
    assert pattern_work(condition) == 0
    assert matches(condition, {"a": [{"$regex": "("}, {"$regex": []}]})


def test_a_long_pattern_is_refused_and_a_long_text_contains_none():
    assert fault_of("a" * 201) == "is longer than 200 characters"
    assert finder("a")("a" * MAX_TEXT)
    assert not finder("a")("a" * (MAX_TEXT + 1))


@pytest.mark.parametrize(
    "place",
    [
        lambda p: {"$or": [{"n": {"$regex": each}} for each in p]},
        lambda p: {f"n{i}": {"$not": {"$notRegexi": each}} for i, each in enumerate(p)},
    ],
)
def test_a_condition_has_a_budget_for_the_work_of_its_patterns(place):
    dear = "(.{1,9}x){4}"
    number = MAX_PATTERN_WORK // size_of(dear)

    assert 1 < number < 10
    assert size_of(dear) <= MAX_SIZE
    assert validate(place([dear] * number)) == []
    assert pattern_work(place([dear] * number)) == number * size_of(dear)
    assert [fault.message for fault in validate(place([dear] * (number + 1)))] == [
        "has patterns that are too much work together"
    ]


# Patterns that mean the same to RE2 and to Python's `re` where that knows ASCII only; what is repeated consumes
# something.
ATOMS = st.sampled_from(
    ["a", "b", "B", "1", "/", "é", ".", "[ab]", "[^a]", "[a-z1]", r"\d", r"\w", r"\s", r"\W", r"\/", r"\."]
)


def larger(inner):
    repeats = st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?"])
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, repeats).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    )


BODIES = st.recursive(ATOMS, larger, max_leaves=6)
PATTERNS = st.tuples(st.sampled_from(["", "^", r"\b"]), BODIES, st.sampled_from(["", "$", r"\b"])).map("".join)
TEXTS = st.text(st.sampled_from("abB1/é .\t"), max_size=8)


@given(PATTERNS, TEXTS, st.booleans())
def test_finds_what_pythons_own_engine_finds(pattern, text, ignore_case):
    expected = re.search(pattern, text, re.ASCII | (re.IGNORECASE if ignore_case else 0)) is not None

    assert finder(pattern, ignore_case)(text) == expected


@given(
    PATTERNS,
    TEXTS | st.sampled_from([None, 5, True, ["a"], "\ud800", "a\0b", "a" * 300]),
    st.sampled_from(["$regex", "$regexi", "$notRegex", "$notRegexi"]),
)
def test_a_pattern_holds_the_same_by_reference_compiled_and_in_a_release(pattern, value, operator):
    condition, attributes = {"context.path": {operator: pattern}}, {"context.path": value}

    expected = matches(condition, attributes)

    assert compile_condition(condition)(attributes) is expected
    assert bool(Index.build([condition]).match(attributes)) is expected


@given(st.text(st.sampled_from("ab(|)[]{}*+?^$.\\d1,:<>!=Pä"), max_size=30), TEXTS)
def test_whatever_is_typed_is_refused_or_runs(pattern, text):
    if fault_of(pattern) is None:
        assert finder(pattern)(text) in (True, False)
        assert size_of(pattern) <= MAX_SIZE
