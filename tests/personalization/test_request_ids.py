import pytest

from personalization.request_ids import is_acceptable


@pytest.mark.parametrize("text", ["a", "req-1", "7f3.a:b_c", "x" * 100])
def test_an_id_of_letters_digits_and_four_signs_is_taken_over(text):
    assert is_acceptable(text)


@pytest.mark.parametrize("text", ["", "a b", "a\n", "x" * 101, "é", "<script>", "a,b"])
def test_what_could_break_a_line_or_a_header_is_not(text):
    assert not is_acceptable(text)
