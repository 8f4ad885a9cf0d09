"""What a coupon's dates and limits mean for the creatives that show its code."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.coupons.tables import Coupon
from campaigns.models import AdVariant
from campaigns.review import examine
from campaigns.variants import compile_variant
from sites.times import now_ms

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def offered(drafted, save10) -> Coupon:
    """By the rule “Coupon” of the draft."""
    AdVariant.objects.filter(key="offer").update(coupon=save10)
    return save10


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ends_at": timezone.now() - DAY}, "it ended on"),
        ({"starts_at": timezone.now() + DAY}, "it begins on"),
        ({"used_up_at": timezone.now()}, "all of them are redeemed"),
        ({"archived": True}, "it is archived"),
    ],
)
def test_the_review_names_the_rule_and_the_creative_whose_coupon_cannot_be_redeemed(offered, changed, words):
    assert not [problem for problem in examine(offered.site, now_ms()).problems if "coupon" in problem.message]
    Coupon.objects.update(**changed)

    found = [problem for problem in examine(offered.site, now_ms()).problems if words in problem.message]

    assert [(problem.name, problem.is_error) for problem in found] == [("Coupon", False)]
    assert "'Offer' shows the code SAVE10 of the coupon 'Ten off'" in found[0].message
    assert [other.name for other in found[0].others] == ["Offer", "Ten off"]


def test_a_review_is_true_until_the_coupon_ends(offered):
    ends = timezone.now() + DAY
    Coupon.objects.update(ends_at=ends)

    assert examine(offered.site, now_ms()).good_until == ends


def test_a_creative_is_out_before_its_coupon_begins_and_once_it_ended(offered):
    now = timezone.now()
    Coupon.objects.update(starts_at=now, ends_at=now + DAY)

    frozen = compile_variant(AdVariant.objects.get(key="offer"), "web")

    moments = (frozen.opens - 1, frozen.opens, frozen.closes - 1, frozen.closes)
    assert [frozen.is_out(at) for at in moments] == [True, False, False, True]


def test_a_creative_is_out_while_its_coupon_is_used_up(offered):
    frozen = compile_variant(AdVariant.objects.get(key="offer"), "web")

    assert [frozen.is_out(now_ms(), used_up) for used_up in ((), {offered.pk + 1}, {offered.pk})] == [
        False,
        False,
        True,
    ]


def test_a_creative_that_says_another_percentage_than_its_coupon_is_warned_of(offered):
    AdVariant.objects.filter(key="offer").update(discount_percent=50)

    told = [problem.message for problem in examine(offered.site, now_ms()).problems]

    assert "It says 50 % off, and its coupon takes 10 % off." in told
