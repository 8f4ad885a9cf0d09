"""How are coupons changed? Each verb is one transaction, with its entry in the change log. What orders redeem is no
edit: `campaigns.coupons.redeeming` writes it."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from campaigns.coupons.forms import CouponForm
from campaigns.coupons.redeeming import note_what_is_left
from campaigns.coupons.tables import Coupon, CouponCode, taken_fault
from sites.editing import Needed, delete_row, save_row, set_value
from sites.locks import lock_site
from sites.pages.history import Actor, record
from sites.units import counted


@transaction.atomic
def save(row: Coupon, by: Actor) -> None:
    """Raises ValidationError where another coupon took the code meanwhile."""
    # A code is kept in one of two tables, so no constraint alone keeps it unique: who adds one takes turns.
    lock_site(row.site)
    if row.code and (fault := taken_fault(row.site_id, row.code, row.pk)):
        raise ValidationError({"code": [fault]})
    save_row(row, by, lambda: CouponForm(instance=row, site=row.site).fields)
    note_what_is_left(row.pk)


@transaction.atomic
def delete(row: Coupon, by: Actor) -> None:
    """Raises Needed where orders or creatives name it."""
    if fault := row.delete_fault():
        raise Needed(fault)
    delete_row(row, by)


@transaction.atomic
def set_archived(row: Coupon, archived: bool, by: Actor) -> None:
    """No order redeems it any more, or may again. Raises Needed."""
    if archived and (fault := row.archive_fault()):
        raise Needed(fault)
    set_value(row, "archived", archived, by, "Archived." if archived else "Brought back.")


@transaction.atomic
def add_codes(coupon: Coupon, codes: Sequence[str], by: Actor) -> int:
    """Each good once, as they are kept; how many of them are new. Raises ValidationError for what is a shared code by
    now."""
    lock_site(coupon.site)
    if shared := Coupon.objects.filter(site=coupon.site_id, code__in=codes).first():
        raise ValidationError(f"The coupon “{shared}” has the code {shared.code}.")
    taken = set(CouponCode.objects.filter(site=coupon.site_id, code__in=codes).values_list("code", flat=True))
    fresh = [code for code in dict.fromkeys(codes) if code not in taken]
    CouponCode.objects.bulk_create(
        [CouponCode(site=coupon.site, coupon=coupon, code=code) for code in fresh], batch_size=2_000
    )
    note_what_is_left(coupon.pk)
    if fresh:
        record(by, coupon, f"Added {counted(len(fresh), 'codes')}.")
    return len(fresh)
