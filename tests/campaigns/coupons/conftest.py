"""Coupons to redeem."""

import pytest

from campaigns.coupons.tables import Coupon


@pytest.fixture
def save10(site) -> Coupon:
    return Coupon.objects.create(site=site, key="save10", name="Ten off", code="SAVE10", percent=10)
