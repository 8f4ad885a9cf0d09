import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.coupons import codes


def test_a_code_is_kept_in_one_form():
    assert codes.as_kept("  save  10\n") == "SAVE 10"


@given(st.text())
def test_its_one_form_is_its_own(typed):
    once = codes.as_kept(typed)

    assert codes.as_kept(once) == once or once.upper() != once  # a few letters have two capitals


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A1\nb2\r\n\n a1 ", ["A1", "B2"]),
        ("A1, B2;C3\tD4", ["A1", "B2", "C3", "D4"]),
        ('\ufeffcode,made\n"A1",2026-01-01\nB2,2026-01-02', ["A1", "B2"]),
        ("", []),
    ],
)
def test_reads_a_list_as_it_is_pasted_or_saved(text, found):
    listed = codes.read_list(text)

    assert listed.codes == found and listed.faults == []


def test_says_which_code_of_a_list_is_none():
    faults = codes.read_list("GOOD\n" + "X" * 41).faults

    assert len(faults) == 1 and "at most 40 characters" in faults[0]


@given(st.integers(1, 300), st.integers(0, 9))
def test_makes_as_many_codes_as_are_asked_for_each_another_one(number, seed):
    taken = {"NEW-22222222"}

    made = list(codes.generate("new-########", number, taken, random.Random(seed).choice))

    assert len(set(made)) == number and not taken & set(made)
    assert all(code.startswith("NEW-") and len(code) == 12 and not codes.fault_of(code) for code in made)


@pytest.mark.parametrize(
    ("pattern", "number", "words"),
    [("", 1, "Nothing is written"), ("SPRING", 5, "at least 5 times"), ("S-#####", 10_000, "at least 7 times")],
)
def test_refuses_patterns_whose_codes_could_be_guessed(pattern, number, words):
    assert words in codes.pattern_fault(pattern, number)
    assert codes.pattern_fault("S-########", number) == ""
