"""Can a coupon be redeemed now, and if not, what is in the way? For lists and reviews; no query."""

from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns.coupons.tables import Coupon

VALID, SCHEDULED, OVER, USED_UP, ARCHIVED = "valid", "scheduled", "over", "used_up", "archived"
STATES = {VALID: "Valid", SCHEDULED: "Scheduled", OVER: "Over", USED_UP: "Used up", ARCHIVED: "Archived"}


def state_of(coupon: Coupon, now: datetime) -> str:
    """A key of STATES."""
    if coupon.archived:
        return ARCHIVED
    if coupon.ends_at and coupon.ends_at <= now:
        return OVER
    if coupon.used_up_at:
        return USED_UP
    return SCHEDULED if coupon.starts_at and coupon.starts_at > now else VALID


def fault_in_words(coupon: Coupon, now: datetime, time_zone: str) -> str:
    """Why whoever sees its code cannot redeem it; empty where they can."""
    state = state_of(coupon, now)
    if state == OVER:
        return f"it ended on {_moment(coupon.ends_at, time_zone)}, so the creative is not shown any more"
    if state == SCHEDULED:
        return f"it begins on {_moment(coupon.starts_at, time_zone)}, and the creative is not shown before"
    if state == USED_UP:
        return "all of them are redeemed, so the creative is not shown any more"
    return "it is archived" if state == ARCHIVED else ""


def _moment(at: datetime | None, time_zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(time_zone)):%-d %b %Y, %H:%M}" if at else ""
