"""Who was seen in more than one arm?"""

import pytest

from campaigns.results.crossover import check


@pytest.mark.parametrize(
    ("visitors", "crossed", "is_alarm", "sentence"),
    [
        (0, 0, False, "Nobody was seen in more than one arm."),
        (9_000, 0, False, "Nobody was seen in more than one arm."),
        (9_000, 9, False, "0.1 % of visitors (9) were seen in more than one arm: too few to matter."),
        (9_000, 90, False, "1 % of visitors (90) were seen in more than one arm: few enough that effects are hardly blurred."),
        (9_000, 91, True, "1 % of visitors (91) were seen in more than one arm: effects are blurred."),
        (0, 5, False, "0 % of visitors (5) were seen in more than one arm: too few to matter."),
    ],
)  # fmt: skip
def test_the_share_is_told_and_above_one_per_cent_is_an_alarm(visitors, crossed, is_alarm, sentence):
    found = check(visitors, crossed)

    assert (found.is_alarm, found.sentence.startswith(sentence)) == (is_alarm, True)
    assert found.share == pytest.approx(crossed / visitors if visitors else 0)
