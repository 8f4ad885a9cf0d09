"""Is this a code that the shop takes, and how much is it worth? Until coupons are a list of their own, what the
creatives of the live release promise: so a marketer's code is honoured as soon as visitors can see it."""

import json
from typing import NamedTuple

from campaigns import kept_releases
from personalization.demo.site import WRITE_KEY
from sites.models import Site

LONGEST = 40  # characters of a code


class Coupon(NamedTuple):
    code: str
    percent: int

    def off(self, minor: int) -> int:
        """What it takes off an amount, in the same minor units; half a unit counts as one."""
        return (minor * self.percent + 50) // 100


def find(typed: str) -> Coupon | None:
    """However it is written, and the better offer where two creatives promise different ones. Two queries."""
    wanted = typed.strip()[:LONGEST].upper()
    site = Site.objects.filter(write_key=WRITE_KEY).first() if wanted else None
    release = kept_releases.live(site) if site else None
    if release is None:
        return None
    promised = [json.loads(variant.answer()).get("fields", {}) for variant in release.variants]
    found = [
        fields["discount_percent"]
        for fields in promised
        if (fields.get("coupon") or "").upper() == wanted and fields.get("discount_percent")
    ]
    return Coupon(wanted, max(found)) if found else None
